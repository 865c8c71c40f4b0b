"""A client that shows MCP Apps: a page that frames a view as hosts do, sends it a tool's result, and records its messages."""

from typing import Any

from playwright.sync_api import Frame, Page

# The policy of a host for a view that declares no domains (MCP Apps 2026-01-26, UI Resource Format).
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; media-src 'self' data:; connect-src 'none'"
)
_PAGE = """
<!doctype html><html lang="en"><title>Host</title>
<style>body { margin: 0 } iframe { border: 0; display: block; width: 100% }</style>
<iframe sandbox="allow-scripts" title="View"></iframe>
<script>
  const received = [];
  const frame = document.querySelector("iframe");
  const send = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    received.push(data);
    if (data.method === "ui/notifications/size-changed") frame.style.height = `${data.params.height}px`;
    if (data.method === "ui/initialize") {
      send({ id: data.id, result: { protocolVersion: data.params.protocolVersion, hostInfo: { name: "test", version: "1" },
        hostCapabilities: {}, hostContext: window.context } });
    }
  });
</script>
"""


class Host:
    """Shows one view. `requests`: every URL that the view fetched."""

    def __init__(self, page: Page, html: str, context: dict[str, Any]) -> None:
        self.page = page
        self.requests: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.set_content(_PAGE)
        page.evaluate("context => { window.context = context }", context)
        framed = html.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{_POLICY}">')
        page.evaluate("html => { frame.srcdoc = html }", framed)
        page.wait_for_function("received.some(({method}) => method === 'ui/notifications/initialized')")

    @property
    def view(self) -> Frame:
        (frame,) = self.page.main_frame.child_frames
        return frame

    @property
    def received(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.page.evaluate("received")
        return messages

    def send(self, **message: Any) -> None:
        self.page.evaluate("message => send(message)", message)

    def send_result(self, result: dict[str, Any]) -> Frame:
        """A tool's input and result, in the order of the protocol; returns the view once it is drawn."""
        self.send(method="ui/notifications/tool-input", params={"arguments": {}})
        self.send(method="ui/notifications/tool-result", params=result)
        self.view.wait_for_selector("main:not([aria-busy])")
        return self.view

    def ask(self, method: str, message_id: int = 7) -> dict[str, Any]:
        """The view's response to a request."""
        self.send(id=message_id, method=method, params={})
        self.page.wait_for_function("id => received.some((message) => message.id === id && !message.method)", arg=message_id)
        return next(message for message in self.received if message.get("id") == message_id and "method" not in message)
