// What a program says with openapi-fetch and the types that openapi-typescript made; it has to compile.
import createClient from "openapi-fetch";
import type { components, paths } from "./types";

type TaskList = components["schemas"]["TaskList"];

const api = createClient<paths>({ baseUrl: "https://calmboard.example", headers: { Authorization: "Bearer cbk_x" } });

export async function titles(board_id: string): Promise<(string | undefined)[]> {
  const query = { state: ["done" as const, "review" as const], updated_since: "2026-11-01", limit: 100 };
  const { data, error } = await api.GET("/api/v1/boards/{board_id}/tasks", { params: { path: { board_id }, query } });
  if (error) throw new Error(`${error.code}: ${error.detail}`);
  const list: TaskList = data;
  return list.data.map((task) => task.title);
}

export async function finish(task_id: string, etag: string): Promise<components["schemas"]["Task"]> {
  const params = { path: { task_id }, header: { "If-Match": etag } };
  const { data, error } = await api.PATCH("/api/v1/tasks/{task_id}", { params, body: { state: "done" } });
  if (error) throw new Error(`${error.code}: ${error.detail}`);
  return data;
}
