"""Nothing on a page moves while it loads on a slow line: fonts come late, and take the room that was kept for them."""

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.support.clients.browser import Pages
from tests.support.states.every import STATES
from tests.support.states.state import State

pytestmark = pytest.mark.database("sqlite")

_SHOWN_FIRST = ("page with keys", "key form", "created key", "consent", "reference")
_LATENCY_MS, _BYTES_PER_S = 150, 200_000
# The share of the screen that moves, times how far: a tenth is what Web Vitals call a shift, and half of it nobody sees.
_SEEN = 0.05
# Observed from the first paint on; what follows an action of the reader does not count.
_OBSERVE = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
    }).observe({type: "layout-shift", buffered: true});
}"""


@pytest.mark.parametrize(
    "state", [state for states in STATES.values() for state in states if state.name in _SHOWN_FIRST], ids=str
)
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_while_a_page_loads(app: Flask, page_for: Pages, state: State, width: int) -> None:
    reader = state.reader(app)
    page = page_for(reader, width=width)
    page.add_init_script(f"({_OBSERVE})()")
    _slow_down(page)
    state.visit(page, reader)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    assert sum(page.evaluate("window.shifts")) < _SEEN


def _slow_down(page: Page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    conditions = {"latency": _LATENCY_MS, "downloadThroughput": _BYTES_PER_S, "uploadThroughput": _BYTES_PER_S, "offline": False}
    line.send("Network.emulateNetworkConditions", conditions)
