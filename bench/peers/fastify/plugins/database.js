// A pool of connections in each process; its address comes from PGHOST, PGUSER and PGDATABASE.
import fp from "fastify-plugin";
import pg from "pg";

// Times stay the text that PostgreSQL sends: a Date would lose their microseconds.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => text.replace(" ", "T").replace("+00", "Z"));
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

export default fp(async (app) => {
  const pool = new pg.Pool({ max: 8, options: "-c timezone=UTC" });
  app.decorate("pg", pool);
  app.addHook("onClose", () => pool.end());
});
