// A process for each core: `node server.js`.
import cluster from "node:cluster";
import { buildApp } from "./app.js";

const PROCESSES = 2;

if (cluster.isPrimary) {
  for (let number = 0; number < PROCESSES; number += 1) cluster.fork();
  process.on("SIGTERM", () => cluster.disconnect(() => process.exit(0)));
} else {
  const app = buildApp();
  await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
  process.on("disconnect", () => process.exit(0));
}
