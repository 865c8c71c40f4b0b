"""Somebody whose line is slow: what was pressed shows it and takes no second press, and what waits asks calmly."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, Route, expect

pytestmark = pytest.mark.database("sqlite")

_PAUSE = "**/pause"


@pytest.fixture
def page(page_that_fails: Page) -> Page:
    return page_that_fails


@contextmanager
def _held(page: Page, pattern: str) -> Iterator[list[Route]]:
    """The requests to an address, which get no answer before the end."""
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route))
    yield held
    for route in held:
        route.continue_()
    page.unroute(pattern)


def _pause(page: Page) -> Locator:
    return page.get_by_role("button", name="Pause Jira mirror")


def test_a_pressed_control_is_busy_and_inert_until_the_answer(page: Page) -> None:
    with _held(page, _PAUSE) as held:
        _pause(page).click()
        expect(_pause(page)).to_have_attribute("aria-busy", "true")
        ring = _pause(page).evaluate("button => getComputedStyle(button, '::before').animation")
        assert "0.9s" in ring
        assert "turn" in ring
        _pause(page).click()
        _pause(page).press("Enter")
    expect(page.get_by_role("button", name="Resume Jira mirror")).to_be_visible()
    assert len(held) == 1


def test_the_ring_stands_still_where_motion_is_reduced(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    with _held(page, _PAUSE):
        _pause(page).click()
        expect(_pause(page)).to_have_attribute("aria-busy", "true")
        assert "turn" not in _pause(page).evaluate("button => getComputedStyle(button, '::before').animationName")


def test_a_plain_form_is_sent_once(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=slack&name=Once")
    create = page.get_by_role("button", name="Create key")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    presses = "button.click(); button.click(); button.form.requestSubmit(); return button.getAttribute('aria-busy')"
    assert create.evaluate(f"button => {{ {presses} }}") == "true"
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")
    assert [url for url in sent if url.endswith("/integrations/keys")] == [sent[0]]


def test_an_endpoint_is_tried_once_at_a_time(page: Page) -> None:
    page.goto("/docs/api/me/read-me")
    page.get_by_label("API key", exact=True).fill("cbk_none")
    send = page.get_by_role("button", name="Send the request")
    with _held(page, "**/api/v1/me") as held:
        send.click()
        expect(send).to_have_attribute("aria-busy", "true")
        send.click()
    expect(page.locator("[data-status]")).to_contain_text("401")
    expect(send).not_to_have_attribute("aria-busy", "true")
    assert len(held) == 1


def test_a_page_that_comes_back_is_not_busy(page: Page) -> None:
    page.goto("/integrations/keys/new?integration=slack&name=Back")
    page.locator("#key-form").evaluate("form => { form.setAttribute('data-sending', ''); }")
    create = page.get_by_role("button", name="Create key")
    create.evaluate("button => button.setAttribute('aria-busy', 'true')")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(create).not_to_have_attribute("aria-busy", "true")
    create.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")


def test_the_first_request_is_asked_for_ever_less_often_and_only_while_somebody_looks(page: Page) -> None:
    page.clock.install()
    page.goto("/integrations/keys/new?integration=slack&name=Polled")
    page.get_by_role("button", name="Create key").click()
    expect(page.locator("#first-use")).to_contain_text("Waiting for the first request")
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if "first-use" in request.url else None)
    waits = [_seconds_to_the_next(page, polls) for _ in range(7)]
    assert waits == [pytest.approx(wait, abs=1.5) for wait in (1, 2, 4, 8, 16, 30, 30)]
    _look_away(page, is_away=True)
    page.clock.run_for(120_000)
    assert len(polls) == 7
    _look_away(page, is_away=False)
    with page.expect_response("**/first-use"):
        page.clock.run_for(1_000)


def test_a_poll_without_answer_says_so_once_and_goes_on(page: Page) -> None:
    page.clock.install()
    page.goto("/integrations/keys/new?integration=slack&name=Troubled")
    page.get_by_role("button", name="Create key").click()
    trouble = page.locator("[data-trouble]")
    expect(trouble).to_be_hidden()
    page.route("**/first-use", lambda route: route.abort())
    page.clock.run_for(1_000)
    expect(trouble).to_be_visible()
    observer = "new MutationObserver(list => { window.changes = (window.changes ?? 0) + list.length; })"
    parts = "{subtree: true, childList: true, attributeFilter: ['hidden']}"
    page.evaluate(f"{observer}.observe(document.getElementById('first-use'), {parts})")
    with page.expect_event("requestfailed"):
        page.clock.run_for(2_000)
    assert page.evaluate("window.changes") is None
    page.unroute("**/first-use")
    page.clock.run_for(4_000)
    expect(trouble).to_be_hidden()


def _seconds_to_the_next(page: Page, polls: list[str]) -> float:
    """How long the page waits, by its own clock, until it asks again and has its answer."""
    start, before = page.evaluate("Date.now()"), len(polls)
    while len(polls) == before:
        page.clock.run_for(500)
    expect(page.locator("[data-poll].htmx-request")).to_have_count(0)
    waited_s: float = (page.evaluate("Date.now()") - start) / 1000
    return waited_s


def _look_away(page: Page, *, is_away: bool) -> None:
    page.evaluate(
        """isAway => {
            Object.defineProperty(document, "hidden", {get: () => isAway, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_away,
    )
