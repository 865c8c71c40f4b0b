// A line of JSON for each request, and an id that it is answered with.
import fp from "fastify-plugin";

export default fp(async (app) => {
  app.addHook("onSend", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  app.addHook("onResponse", async (request, reply) => {
    app.log.info({
      request_id: request.id,
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      ms: reply.elapsedTime,
      ip: request.ip,
      credential: request.caller?.keyId ?? null,
    });
  });
});
