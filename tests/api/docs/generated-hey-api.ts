// What a program says with the client that @hey-api/openapi-ts made; it has to compile.
import { changeTask, listTasks, type Task, type TaskList } from "./client";
import { client } from "./client/client.gen";

client.setConfig({ baseUrl: "https://calmboard.example", auth: "cbk_x" });

export async function titles(board_id: string): Promise<(string | undefined)[]> {
  const query = { state: ["done" as const, "review" as const], updated_since: "2026-11-01", limit: 100 };
  const { data } = await listTasks({ path: { board_id }, query, throwOnError: true });
  const list: TaskList = data;
  return list.data.map((task) => task.title);
}

export async function finish(task_id: string, etag: string): Promise<Task> {
  const { data } = await changeTask({
    path: { task_id },
    headers: { "If-Match": etag },
    body: { state: "done" },
    throwOnError: true,
  });
  return data;
}
