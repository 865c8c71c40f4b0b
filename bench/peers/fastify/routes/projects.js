// Projects.
import { page, pageOf, querystring, readCursor } from "../pages.js";

const text = { type: "string" };
const project = {
  type: "object",
  properties: { id: text, name: text, description: text, role: text, created_at: text, updated_at: text },
};

const MINE = {
  name: "my-projects",
  text: `SELECT p.id, p.name, p.description, m.role, p.created_at, p.updated_at
         FROM projects p JOIN memberships m ON m.project_id = p.id AND m.user_id = $1
         WHERE p.id > $2 AND ($3::text[] IS NULL OR p.id = ANY($3)) ORDER BY p.id LIMIT $4`,
};

export default async function projects(app) {
  const options = { onRequest: app.requireScope("projects:read"), schema: { querystring, response: { 200: page(project) } } };

  app.get("/projects", options, async ({ caller, query }) => {
    const values = [caller.userId, readCursor(query.cursor), caller.projectIds, query.limit + 1];
    const { rows } = await app.pg.query({ ...MINE, values });
    return pageOf(rows, query.limit);
  });
}
