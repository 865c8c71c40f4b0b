// oidc-provider in memory, with opaque tokens and one public client: node server.js PORT CODES
// Prints a line of JSON when it takes requests: the codes to redeem, and what to redeem them with.

import { createHash, randomBytes } from "node:crypto";

import Provider from "oidc-provider";

const [port, codes] = process.argv.slice(2).map(Number);
const issuer = `http://127.0.0.1:${port}`;
const client = "bench";
const callback = "https://app.example/callback";
const scope = "projects:read tasks:read tasks:write";
const DAY_S = 86400;
const verifier = randomBytes(32).toString("base64url");

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: client,
      redirect_uris: [callback],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    },
  ],
  cookies: { keys: [randomBytes(32).toString("base64url")] },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope, accessTokenFormat: "opaque" }),
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  pkce: { required: () => true },
  ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 180 * DAY_S, RefreshToken: 30 * DAY_S },
});

// What a person's consent leaves behind.
async function makeCode() {
  const grant = new provider.Grant({ accountId: "ana", clientId: client });
  grant.addResourceScope(issuer, scope);
  const code = new provider.AuthorizationCode({
    accountId: "ana",
    client: await provider.Client.find(client),
    codeChallenge: createHash("sha256").update(verifier).digest("base64url"),
    codeChallengeMethod: "S256",
    grantId: await grant.save(),
    gty: "authorization_code",
    redirectUri: callback,
    resource: issuer,
    scope,
  });
  return code.save();
}

provider.listen(port, "127.0.0.1", async () => {
  const created = [];
  while (created.length < codes) created.push(await makeCode());
  console.log(JSON.stringify({ codes: created, client_id: client, redirect_uri: callback, resource: issuer, code_verifier: verifier }));
});
