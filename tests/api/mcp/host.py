"""A client that shows MCP Apps: a page that frames a view as hosts do, hands it what a tool answered, and keeps what it says."""

from typing import Any

from playwright.sync_api import Frame, Page

# What a host lets a view do that declares no domains (MCP Apps 2026-01-26, UI Resource Format).
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; media-src 'self' data:; connect-src 'none'"
)
_PAGE = """
<!doctype html><html lang="en"><title>Host</title>
<style>body { margin: 0 } iframe { border: 0; display: block; width: 100% }</style>
<iframe sandbox="allow-scripts" title="View"></iframe>
<script>
  const heard = [];
  const frame = document.querySelector("iframe");
  const tell = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    heard.push(data);
    if (data.method === "ui/notifications/size-changed") frame.style.height = `${data.params.height}px`;
    if (data.method === "ui/initialize") {
      tell({ id: data.id, result: { protocolVersion: data.params.protocolVersion, hostInfo: { name: "test", version: "1" },
        hostCapabilities: {}, hostContext: window.context } });
    }
  });
</script>
"""


class Host:
    """Shows one view. `requests`: what the view fetched from anywhere."""

    def __init__(self, page: Page, html: str, context: dict[str, Any]) -> None:
        self.page = page
        self.requests: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.set_content(_PAGE)
        page.evaluate("context => { window.context = context }", context)
        framed = html.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{_POLICY}">')
        page.evaluate("html => { frame.srcdoc = html }", framed)
        page.wait_for_function("heard.some(({method}) => method === 'ui/notifications/initialized')")

    @property
    def view(self) -> Frame:
        (frame,) = self.page.main_frame.child_frames
        return frame

    @property
    def heard(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.page.evaluate("heard")
        return messages

    def tell(self, **message: Any) -> None:
        self.page.evaluate("message => tell(message)", message)

    def hand_over(self, result: dict[str, Any]) -> Frame:
        """A tool's input and result, in the order of the protocol; returns the view once it is drawn."""
        self.tell(method="ui/notifications/tool-input", params={"arguments": {}})
        self.tell(method="ui/notifications/tool-result", params=result)
        self.view.wait_for_selector("main:not([aria-busy])")
        return self.view

    def ask(self, method: str, message_id: int = 7) -> dict[str, Any]:
        """What the view answers to a request."""
        self.tell(id=message_id, method=method, params={})
        self.page.wait_for_function("id => heard.some((message) => message.id === id && !message.method)", arg=message_id)
        return next(message for message in self.heard if message.get("id") == message_id and "method" not in message)
