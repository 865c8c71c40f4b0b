// Talks with the client that shows this view: JSON-RPC 2.0 over postMessage (MCP Apps, 2026-01-26).

const PROTOCOL = "2026-01-26";
const METHOD_NOT_FOUND = -32601;

const notificationHandlers = {
  "ui/notifications/tool-input": () => drawWait("Reading the board…"),
  "ui/notifications/tool-result": showResult,
  "ui/notifications/tool-cancelled": () => drawProblem("The board was not read: the call was cancelled."),
  "ui/notifications/host-context-changed": applyContext,
};
const requestHandlers = { ping: () => ({}), "ui/resource-teardown": () => ({}) };

let isInitialized = false;
let lastSize = "";

function start() {
  drawWait("Waiting for a board…");
  window.addEventListener("message", receiveMessage);
  send({
    id: 1,
    method: "ui/initialize",
    params: {
      protocolVersion: PROTOCOL,
      appInfo: { name: "calmboard-board", title: "CalmBoard board", version: VERSION },
      appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
    },
  });
}

function receiveMessage(event) {
  const message = event.data;
  if (event.source !== window.parent || message?.jsonrpc !== "2.0") return;
  if (message.method === undefined) receiveResponse(message);
  else if (message.id === undefined) notificationHandlers[message.method]?.(message.params ?? {});
  else answer(message);
}

function receiveResponse(message) {
  if (message.id !== 1 || isInitialized) return;
  if (message.error) {
    drawProblem("The client could not show this view.");
    return;
  }
  isInitialized = true;
  applyContext(message.result?.hostContext ?? {});
  send({ method: "ui/notifications/initialized", params: {} });
  new ResizeObserver(sendSize).observe(document.body);
}

function answer({ id, method }) {
  const result = requestHandlers[method]?.();
  send(result ? { id, result } : { id, error: { code: METHOD_NOT_FOUND, message: `There is no method ${method} here.` } });
}

function showResult(result) {
  if (result.isError) {
    drawProblem(textOf(result) || "The board could not be read.");
    return;
  }
  try {
    drawBoard(result.structuredContent ?? JSON.parse(textOf(result)));
  } catch {
    drawProblem("This answer holds no board.");
  }
}

function textOf(result) {
  return (result.content ?? []).filter((block) => block.type === "text").map((block) => block.text).join("\n");
}

// Theme, typeface and safe area of the client; what it leaves out stays unchanged.
function applyContext(context) {
  const { style } = document.documentElement;
  if (["light", "dark"].includes(context.theme)) style.colorScheme = context.theme;
  const typeface = context.styles?.variables?.["--font-sans"];
  if (typeof typeface === "string" && CSS.supports("font-family", typeface)) style.setProperty("--host-sans", typeface);
  for (const [side, inset] of Object.entries(context.safeAreaInsets ?? {})) {
    if (["top", "right", "bottom", "left"].includes(side)) document.body.style.setProperty(`padding-${side}`, `${Number(inset)}px`);
  }
}

function sendSize() {
  const params = { width: window.innerWidth, height: Math.ceil(document.body.getBoundingClientRect().height) };
  if (lastSize === JSON.stringify(params)) return;
  lastSize = JSON.stringify(params);
  send({ method: "ui/notifications/size-changed", params });
}

// The client's origin is not known to a view, and nothing that is sent here is anybody's secret.
function send(message) {
  window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
}

start();
