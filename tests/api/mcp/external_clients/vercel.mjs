// Vercel's AI SDK: tools of an MCP server, called by a model that fills in everything, and the same schemas as Zod has them.
// Words: the server, a board, a task; BEARER: the key.
import { createMCPClient } from "@ai-sdk/mcp";
import { asSchema, generateText, stepCountIs } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import { z } from "zod";

const [url, boardId, taskId] = process.argv.slice(2);
const given = {
  list_projects: {},
  create_task: { board_id: boardId, title: "From a framework" },
  update_task: { task_id: taskId, title: "Renamed by a framework" },
};
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };

const headers = { Authorization: `Bearer ${process.env.BEARER}` };
const client = await createMCPClient({ transport: { type: "http", url, headers } });
const tools = await client.tools();
const schemas = {};
for (const [name, tool] of Object.entries(tools)) schemas[name] = await asSchema(tool.inputSchema).jsonSchema;
const answers = {};
for (const name of Object.keys(given)) {
  const sent = filledIn(name);
  z.fromJSONSchema(schemas[name]).parse(sent);
  const result = await generateText({ model: calling(name, sent), tools, stopWhen: stepCountIs(1), prompt: "Do it." });
  answers[name] = JSON.stringify(result.toolResults.map(({ output }) => output));
}
const undescribed = Object.entries(schemas).flatMap(([name, { properties }]) =>
  Object.keys(properties).filter((argument) => !JSON.stringify(properties[argument]).includes('"description"')).map((argument) => `${name}.${argument}`),
);
console.log(JSON.stringify({ tools: Object.keys(tools).sort(), undescribed, answers }));
await client.close();

function filledIn(name) {
  const nulls = Object.fromEntries(Object.keys(schemas[name].properties).map((argument) => [argument, null]));
  return { ...nulls, ...given[name] };
}

function calling(toolName, input) {
  const content = [{ type: "tool-call", toolCallId: "call_1", toolName, input: JSON.stringify(input) }];
  return new MockLanguageModelV3({ doGenerate: async () => ({ content, finishReason: { unified: "tool-calls" }, usage, warnings: [] }) });
}
