// Who asks: the key in the Authorization header, read again for each request, then its plan and its window.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fp from "fastify-plugin";
import { Redis } from "ioredis";

const LIMIT = Number(process.env.RATE_LIMIT);
const WINDOW_S = 60;
const PLANS_WITH_APIS = ["pro", "business"];

// A named statement is prepared once on each connection.
const KEY_AND_OWNER = {
  name: "key-and-owner",
  text: `SELECT k.id, k.name, k.scopes, k.project_ids, k.expires_at, k.paused_at, k.revoked_at, u.id AS user_id, u.plan
         FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.digest = $1`,
};

const COUNT = readFileSync(process.env.WINDOW_SCRIPT, "utf8");

export default fp(async (app) => {
  const redis = new Redis(process.env.REDIS_URL);
  redis.defineCommand("countRequest", { numberOfKeys: 1, lua: COUNT });
  app.addHook("onClose", () => redis.quit());
  app.decorateRequest("caller", null);

  app.decorate("requireScope", (scope) => async (request, reply) => {
    request.caller = await findCaller(app.pg, request.headers.authorization);
    if (!PLANS_WITH_APIS.includes(request.caller.plan)) throw refusal(403, "The plan does not include integration APIs.");
    await spend(redis, request.caller, reply);
    if (!request.caller.scopes.includes(scope)) throw refusal(403, `This needs the scope ${scope}.`);
  });
});

async function findCaller(pool, header = "") {
  const [scheme, secret] = header.split(" ");
  if (scheme.toLowerCase() !== "bearer" || !secret) throw refusal(401, "Send your key as Authorization: Bearer cbk_…");
  const { rows } = await pool.query({ ...KEY_AND_OWNER, values: [createHash("sha256").update(secret).digest()] });
  const key = rows[0];
  if (!key) throw refusal(401, "No key like this was issued here.");
  if (key.revoked_at) throw refusal(401, "The key was revoked.");
  if (key.expires_at && new Date(key.expires_at) <= new Date()) throw refusal(401, "The key expired.");
  if (key.paused_at) throw refusal(401, "The key is paused.");
  return {
    keyId: key.id,
    keyName: key.name,
    userId: key.user_id,
    plan: key.plan,
    scopes: key.scopes.split(" "),
    projectIds: key.project_ids,
  };
}

async function spend(redis, caller, reply) {
  const [used, leftMs] = await redis.countRequest(`window:${caller.keyId}`, WINDOW_S * 1000);
  const remaining = Math.max(0, LIMIT - used);
  const reset = Math.ceil(leftMs / 1000);
  reply.headers({
    "ratelimit-policy": `"${caller.plan}";q=${LIMIT};w=${WINDOW_S}`,
    ratelimit: `"${caller.plan}";r=${remaining};t=${reset}`,
    "x-ratelimit-limit": LIMIT,
    "x-ratelimit-remaining": remaining,
    "x-ratelimit-reset": reset,
  });
  if (used > LIMIT) throw refusal(429, "Too many requests.");
}

export function refusal(statusCode, message) {
  return Object.assign(new Error(message), { statusCode });
}
