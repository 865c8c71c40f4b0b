// An agent's usual work over an official TypeScript client, which prints a report.
import { Person } from "./person.mjs";

const { BEARER } = process.env;

// `createClient` returns a client, its transport, and the function that finishes the authorization.
export async function doWork(board, Unauthorized, createClient, selectTokens = (tokens) => tokens) {
  const person = new Person(selectTokens);
  const credential = BEARER ? { requestInit: { headers: { Authorization: `Bearer ${BEARER}` } } } : { authProvider: person };
  let connection;
  await withAuthorization(connect);
  const { client } = connection;
  const { tools } = await client.listTools();
  const listed = await client.callTool({ name: "list_projects", arguments: {} });
  const { contents } = await client.readResource({ uri: `calmboard://boards/${board}` });
  const { messages } = await client.getPrompt({ name: "stand_up", arguments: { board } });
  const task = await withAuthorization(() => client.callTool({ name: "create_task", arguments: { board_id: board, title: "From an agent" } }));
  await client.close();
  person.leave();
  const report = {
    tools: tools.map((tool) => tool.name),
    projects: listed.structuredContent.projects.map((project) => project.name),
    document: contents[0].text,
    messages: messages.length,
    task: task.structuredContent.title,
    requested_scopes: person.requestedScopes,
  };
  console.log(JSON.stringify(report));

  async function connect() {
    connection = createClient(credential);
    await connection.client.connect(connection.transport);
  }

  // An unauthorized request is repeated after the user has consented.
  async function withAuthorization(act) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error;
      await connection.finishAuth(person.answer);
      return act();
    }
  }
}
