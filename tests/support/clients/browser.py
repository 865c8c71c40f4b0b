"""Chromium, and the errors that no page in it may have."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from tests.support.servers.programs import find_program
from tests.support.users import SESSION_COOKIE, TestUser, new_address

CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # so that the shell measures text as the whole browser does
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
# Chromium logs every response from 400 on. Those from 500 on are recorded by `_on_response`; the others are no errors.
_ANSWER_NOTICE = "Failed to load resource: the server responded with a status of"

_TIMEOUT_MS = 8_000

Scheme = Literal["light", "dark"]


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Its headless shell, which opens a page for a fifth of what the whole browser takes; or else that."""
    path = find_program("chromium-headless-shell", "chromium-headless-shell", "chromium", "chromium-browser")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS) as browser:
        yield browser


@dataclass
class Pages:
    """Opens pages of one server, and records the errors of all of them: blocked by the CSP, thrown, or failed."""

    browser: Browser
    url: str
    errors: list[str] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)

    def __call__(
        self, person: TestUser | None = None, *, javascript: bool = True, scheme: Scheme = "light", width: int = 1280
    ) -> Page:
        """A page in a browser of its own, signed in as a person or not at all; it may copy to the clipboard."""
        context = self._open.enter_context(
            self.browser.new_context(
                base_url=self.url,
                java_script_enabled=javascript,
                color_scheme=scheme,
                viewport={"width": width, "height": 900},
                permissions=["clipboard-read", "clipboard-write"],
                extra_http_headers={"X-Forwarded-For": new_address()},
            )
        )
        if person:
            context.add_cookies([{"name": SESSION_COOKIE, "value": person.session_cookie, "url": self.url}])
        context.set_default_timeout(_TIMEOUT_MS)
        self._record_errors(context)
        return context.new_page()

    def close(self) -> None:
        self._open.close()

    def _record_errors(self, context: BrowserContext) -> None:
        context.on("console", self._on_console)
        context.on("weberror", lambda event: self.errors.append(str(event.error)))
        context.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_ANSWER_NOTICE):
            self.errors.append(f"{message.page and message.page.url}: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.errors.append(f"{response.url} answered {response.status}")
