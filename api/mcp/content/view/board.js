// Draws a board from the result of get_board. Whatever people wrote becomes text of the document, never markup.
"use strict";

const SHOWN_AT_ONCE = 6;
const WORTH_HIDING = 3;

const page = document.getElementById("board");

function drawBoard(answer) {
  const board = withEmptyParts(answer);
  const tasks = gatherTasks(board);
  const columns = board.columns.map((column) => drawColumn(column, tasks.filter((task) => task.state === column.state)));
  const parts = [drawHead(board), drawFacts(board), element("div", "columns", ...columns), drawPeople(board)];
  show(...parts);
  document.title = board.name;
}

// An answer leaves out what is empty.
function withEmptyParts(board) {
  const parts = ["blocked", "late", "in_review"].map((name) => [name, { tasks: [], ...board[name] }]);
  return { people: [], planned_sprints: [], ...board, ...Object.fromEntries(parts) };
}

function drawWait(sentence) {
  show(element("p", "quiet", sentence));
  page.setAttribute("aria-busy", "true");
}

function drawProblem(sentence) {
  show(element("div", "note", icon("problem"), element("p", "", sentence)));
}

function show(...parts) {
  page.replaceChildren(...parts);
  page.removeAttribute("aria-busy");
}

// Every task that the answer names, once, with all that it says about it; what is stuck comes first.
function gatherTasks(board) {
  const [blocked, late] = [board.blocked, board.late].map((part) => new Set(part.tasks.map((task) => task.id)));
  const tasks = new Map();
  const note = (task, people) => {
    const known = tasks.get(task.id) ?? { people: new Map(), blocked: blocked.has(task.id), late: late.has(task.id) };
    people.forEach(({ id, name }) => known.people.set(id, name));
    tasks.set(task.id, { ...known, ...task, blocked: known.blocked || Boolean(task.blocked || task.blocked_reason) });
  };
  for (const task of [board.blocked, board.late, board.in_review].flatMap((part) => part.tasks)) {
    note(task, task.assignees ?? []);
  }
  board.people.forEach((person) => person.tasks.forEach((task) => note(task, [person])));
  const weight = (task) => Number(task.blocked) * 2 + Number(task.late);
  return [...tasks.values()].sort((one, other) => weight(other) - weight(one));
}

function drawHead(board) {
  const brand = element("p", "brand", icon("mark"), "CalmBoard");
  return element("header", "", brand, element("h1", "", written(board.name)), drawSprint(board.active_sprint, board.planned_sprints));
}

function drawSprint(active, planned) {
  const parts = [];
  if (active) {
    parts.push(element("p", "", element("b", "", written(active.name)), ...inDays(active)));
    if (active.goal) parts.push(element("p", "", written(active.goal)));
    parts.push(drawProgress(active));
  }
  if (planned.length) parts.push(element("p", "meta", "Next: ", written(planned[0].name), ...inDays(planned[0])));
  return parts.length ? element("div", "sprint", ...parts) : "";
}

function drawProgress(sprint) {
  const words = `${sprint.done_count} of ${counted(sprint.task_count, "task")} done`;
  const bar = element("progress", "");
  bar.max = Math.max(sprint.task_count, 1);
  bar.value = sprint.done_count;
  bar.setAttribute("aria-label", words);
  return element("div", "progress", bar, words);
}

function drawFacts(board) {
  const facts = [
    ["Blocked", board.blocked.count, "blocked", "is-danger"],
    ["Late", board.late.count, "late", "is-warn"],
    ["In review", board.in_review.count, "review", ""],
    ["With nobody", board.unassigned_count, "nobody", ""],
  ];
  return element("dl", "facts", ...facts.map(([word, count, iconName, tone]) => (
    element("div", count ? tone : "", icon(iconName), element("dt", "", word), element("dd", "", String(count)))
  )));
}

function drawColumn(column, tasks) {
  const count = element("span", "", counted(column.task_count, "task"));
  const head = element("div", "column-head", element("h2", "", column.name), count);
  const shown = tasks.length < SHOWN_AT_ONCE + WORTH_HIDING ? tasks.length : SHOWN_AT_ONCE;
  const parts = [head];
  if (shown) parts.push(drawCards(tasks.slice(0, shown)));
  if (shown < tasks.length) parts.push(drawRest(tasks.slice(shown)));
  const unknown = column.task_count - tasks.length;
  if (!column.task_count) parts.push(element("p", "quiet", "Nothing here."));
  else if (unknown > 0) parts.push(element("p", "quiet", shown ? `And ${unknown} more on the board.` : "Not listed here."));
  return element("section", "column", ...parts);
}

function drawRest(tasks) {
  const summary = element("summary", "", icon("more"), `${tasks.length} more`);
  return element("details", "", summary, drawCards(tasks));
}

function drawCards(tasks) {
  return element("ol", "cards", ...tasks.map(drawCard));
}

function drawCard(task) {
  const parts = [element("h3", "", written(task.title))];
  const marks = [];
  if (task.blocked) marks.push(badge("is-danger", "blocked", "Blocked"));
  if (task.late) marks.push(badge("is-warn", "late", `Late, due ${shortDay(task.due_date)}`));
  if (marks.length) parts.push(element("p", "marks", ...marks));
  if (task.blocked_reason) parts.push(element("p", "reason", written(task.blocked_reason)));
  if (task.due_date && !task.late) parts.push(element("p", "meta", `Due ${shortDay(task.due_date)}`));
  if (task.people.size) parts.push(element("ul", "who", ...[...task.people.values()].map(drawName)));
  return element("li", "card", ...parts);
}

function drawName(name) {
  return element("li", "", drawInitials(name), element("span", "", written(name)));
}

function drawPeople(board) {
  const rows = board.people.map((person) => (
    element("li", "", drawInitials(person.name), element("div", "", element("b", "", written(person.name)), meta(inHand(person))))
  ));
  if (board.unassigned_count) {
    const words = `${counted(board.unassigned_count, "task")} in Ready, In Progress and Review`;
    rows.push(element("li", "", icon("nobody"), element("div", "", element("b", "", "Nobody"), meta(words))));
  }
  if (!rows.length) return "";
  return element("section", "", element("h2", "", "Who has what"), element("ul", "people", ...rows));
}

// “5 tasks · 2 in review · 1 blocked”; the parts only where the answer lists all of the tasks.
function inHand(person) {
  const words = [counted(person.count, "task")];
  if (person.tasks.length === person.count) {
    const parts = {
      "in progress": (task) => task.state === "in_progress",
      "in review": (task) => task.state === "review",
      blocked: (task) => task.blocked,
    };
    for (const [word, fits] of Object.entries(parts)) {
      const count = person.tasks.filter(fits).length;
      if (count) words.push(`${count} ${word}`);
    }
  }
  return words.map((part) => part.replaceAll(" ", "\u00a0")).join("\u00a0· ");
}

function drawInitials(name) {
  const words = name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "").join("");
  const monogram = element("span", "initials", initials.toUpperCase());
  monogram.setAttribute("aria-hidden", "true");
  return monogram;
}

function badge(tone, iconName, words) {
  return element("span", `badge ${tone}`, icon(iconName), words);
}

function meta(words) {
  return element("span", "meta", words);
}

// What a person wrote: in its own reading direction.
function written(words) {
  return element("bdi", "", words);
}

function icon(name) {
  const drawing = document.getElementById(`icon-${name}`).content.firstElementChild.cloneNode(true);
  drawing.setAttribute("aria-hidden", "true");
  return drawing;
}

function element(tag, names, ...children) {
  const node = document.createElement(tag);
  if (names) node.className = names;
  node.append(...children.filter((child) => child !== ""));
  return node;
}

function counted(number, word) {
  return `${number.toLocaleString("en-GB")} ${word}${number === 1 ? "" : "s"}`;
}

function inDays(sprint) {
  return sprint.starts_on && sprint.ends_on ? [`\u00a0· ${shortDay(sprint.starts_on)} to ${shortDay(sprint.ends_on)}`] : [];
}

function shortDay(day) {
  const year = day.slice(0, 4) === String(new Date().getUTCFullYear()) ? undefined : "numeric";
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year, timeZone: "UTC" }).format(new Date(day));
}
