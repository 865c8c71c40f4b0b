// CalmBoard's hot requests in Fastify.
import Fastify from "fastify";
import auth from "./plugins/auth.js";
import database from "./plugins/database.js";
import requestLog from "./plugins/request-log.js";
import projects from "./routes/projects.js";
import tasks from "./routes/tasks.js";

export function buildApp() {
  const app = Fastify({ logger: { base: null, messageKey: "message" }, disableRequestLogging: true, genReqId });
  app.get("/healthz", async () => ({ status: "ok" }));
  app.register(requestLog);
  app.register(database);
  app.register(auth);
  app.register(projects, { prefix: "/api/v1" });
  app.register(tasks, { prefix: "/api/v1" });
  return app;
}

function genReqId() {
  return `req_${crypto.randomUUID().replaceAll("-", "")}`;
}
