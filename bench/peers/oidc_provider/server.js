// oidc-provider in memory, with opaque tokens and one public client, at PORT. Beside what it does by itself, POST /grants makes
// so many codes, of grants that a person consented to, and answers with what to redeem them with.

import { createHash, randomBytes } from "node:crypto";

import Provider from "oidc-provider";

const port = Number(process.env.PORT);
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

provider.use(async (context, next) => {
  if (context.path === "/healthz") context.body = "ok";
  else if (context.path === "/grants") context.body = await makeCodes(Number(context.query.number));
  else await next();
});

async function makeCodes(number) {
  const codes = [];
  while (codes.length < number) codes.push(await makeCode());
  return { codes, client_id: client, redirect_uri: callback, resource: issuer, code_verifier: verifier };
}

provider.listen(port, "127.0.0.1");
