// An agent's usual work over an official TypeScript client, which prints what came of it.
import { Person } from "./person.mjs";

const { BEARER } = process.env;

// `make` makes a client, its transport, and the way to tell that what the person answered.
export async function doWork(board, Unauthorized, make, keep = (tokens) => tokens) {
  const person = new Person(keep);
  const credential = BEARER ? { requestInit: { headers: { Authorization: `Bearer ${BEARER}` } } } : { authProvider: person };
  let made;
  await letIn(connect);
  const { client } = made;
  const { tools } = await client.listTools();
  const listed = await client.callTool({ name: "list_projects", arguments: {} });
  const { contents } = await client.readResource({ uri: `calmboard://boards/${board}` });
  const { messages } = await client.getPrompt({ name: "stand_up", arguments: { board } });
  const task = await letIn(() => client.callTool({ name: "create_task", arguments: { board_id: board, title: "From an agent" } }));
  await client.close();
  person.leave();
  const got = {
    tools: tools.map((tool) => tool.name),
    projects: listed.structuredContent.projects.map((project) => project.name),
    document: contents[0].text,
    messages: messages.length,
    task: task.structuredContent.title,
    asked: person.asked,
  };
  console.log(JSON.stringify(got));

  async function connect() {
    made = make(credential);
    await made.client.connect(made.transport);
  }

  // What is refused is done again after the person has agreed.
  async function letIn(act) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error;
      await made.tell(person.answer);
      return act();
    }
  }
}
