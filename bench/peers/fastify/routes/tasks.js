// Tasks: listed and read.
import { page, pageOf, querystring, readCursor } from "../pages.js";
import { refusal } from "../plugins/auth.js";

const STATES = ["backlog", "ready", "in_progress", "review", "done"];

const text = { type: "string" };
const textOrNull = { type: ["string", "null"] };
const task = {
  type: "object",
  properties: {
    id: text,
    board_id: text,
    number: { type: "integer" },
    title: text,
    description: text,
    state: text,
    position: text,
    assignees: { type: "array", items: { type: "object", properties: { id: text, name: text } } },
    labels: { type: "array", items: { type: "object", properties: { id: text, name: text, colour: text } } },
    due_date: textOrNull,
    blocked: { type: "boolean" },
    blocked_reason: textOrNull,
    blocked_at: textOrNull,
    pinned: { type: "boolean" },
    sprint_id: textOrNull,
    done_at: textOrNull,
    created_by: textOrNull,
    created_at: text,
    updated_at: text,
    url: text,
  },
};

const COLUMNS = `id, board_id, number, title, description, state, rank AS position, due_date, blocked, blocked_reason,
  blocked_at, pinned, sprint_id, done_at, created_by, created_at, updated_at`;

const BOARD_AND_ROLE = {
  name: "board-and-role",
  text: `SELECT b.project_id, m.role FROM boards b
         LEFT JOIN memberships m ON m.project_id = b.project_id AND m.user_id = $2 WHERE b.id = $1`,
};
const ON_BOARD = {
  name: "tasks-on-board",
  text: `SELECT ${COLUMNS} FROM tasks WHERE board_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
};
const ONE = { name: "one-task", text: `SELECT ${COLUMNS} FROM tasks WHERE id = $1` };
const ASSIGNEES = {
  name: "assignees",
  text: `SELECT a.task_id, u.id, u.name FROM task_assignees a JOIN users u ON u.id = a.user_id
         WHERE a.task_id = ANY($1) ORDER BY u.id`,
};
const LABELS = {
  name: "labels",
  text: `SELECT t.task_id, l.id, l.name, l.colour FROM task_labels t JOIN labels l ON l.id = t.label_id
         WHERE t.task_id = ANY($1) ORDER BY l.id`,
};

export default async function tasks(app) {
  const onRequest = app.requireScope("tasks:read");
  const listed = { onRequest, schema: { querystring, response: { 200: page(task) } } };
  const single = { onRequest, schema: { response: { 200: task } } };

  app.get("/boards/:boardId/tasks", listed, async ({ caller, params, query }) => {
    await requireBoard(app.pg, caller, params.boardId);
    const values = [params.boardId, readCursor(query.cursor), query.limit + 1];
    const { rows } = await app.pg.query({ ...ON_BOARD, values });
    const answer = pageOf(rows, query.limit);
    return { ...answer, data: await withRelations(app.pg, answer.data) };
  });

  app.get("/tasks/:taskId", single, async ({ caller, params }) => {
    const { rows } = await app.pg.query({ ...ONE, values: [params.taskId] });
    if (!rows.length) throw refusal(404, `No task has the id ${params.taskId}.`);
    await requireBoard(app.pg, caller, rows[0].board_id);
    return (await withRelations(app.pg, rows))[0];
  });
}

async function requireBoard(pool, caller, boardId) {
  const { rows } = await pool.query({ ...BOARD_AND_ROLE, values: [boardId, caller.userId] });
  if (!rows.length) throw refusal(404, `No board has the id ${boardId}.`);
  const outOfReach = caller.projectIds && !caller.projectIds.includes(rows[0].project_id);
  if (!rows[0].role || outOfReach) throw refusal(403, "The board is in a project that you are not a member of.");
}

async function withRelations(pool, rows) {
  const values = [rows.map((row) => row.id)];
  const [assignees, labels] = await Promise.all([ASSIGNEES, LABELS].map((statement) => byTask(pool, statement, values)));
  return rows.map((row) => ({
    ...row,
    state: STATES[row.state],
    assignees: assignees.get(row.id) ?? [],
    labels: labels.get(row.id) ?? [],
    url: `${process.env.PUBLIC_URL}/tasks/${row.id}`,
  }));
}

async function byTask(pool, statement, values) {
  const { rows } = await pool.query({ ...statement, values });
  return Map.groupBy(rows, (row) => row.task_id);
}
