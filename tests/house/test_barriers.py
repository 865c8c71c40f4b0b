"""The judgment of pages finds each kind of barrier in the looks that have it, those that it shortens included."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.clients.accessibility import Look, find_barriers

_LOOKS: list[Look] = [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)]
_EVERYWHERE = [*_LOOKS]
_DARK: list[Look] = [("dark", 1280), ("dark", 360)]
_SMALL: list[Look] = [("light", 360), ("dark", 360)]
_BODY = """<main><h1>Boards</h1><p>Your boards, and <a href="/">all of the others</a> that you see.</p>
<button>Open</button> <button>Close</button></main>"""
_BASE = "body { color: black; background: white } button { padding: 1rem; color: black; background: white }"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


def _show(page: Page, style: str = "", body: str = _BODY) -> None:
    head = f'<title>Boards</title><meta name="viewport" content="width=device-width"><style>{_BASE} {style}</style>'
    page.set_content(f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>')


def test_a_page_without_barriers_has_none(page: Page) -> None:
    _show(page)
    assert find_barriers(page, _LOOKS) == {}


@pytest.mark.parametrize(
    ("style", "rule", "looks"),
    [
        ("p { color: #ccc }", "color-contrast", _EVERYWHERE),
        ("@media (prefers-color-scheme: dark) { p { color: #ccc } }", "color-contrast", _DARK),
        ("@media (prefers-color-scheme: dark) { a { color: #222; text-decoration: none } }", "link-in-text-block", _DARK),
        ("@media (width < 600px) { button { padding: 0; width: 9px; height: 9px; overflow: hidden } }", "target-size", _SMALL),
        ("@media (width < 600px) { h1 { display: none } }", "page-has-heading-one", _SMALL),
        ("@media (prefers-color-scheme: dark) { h1 { display: none } }", "page-has-heading-one", _DARK),
        ("@media (prefers-color-scheme: dark) { h1 { visibility: hidden } }", "page-has-heading-one", _DARK),
        ("@media (width < 600px) { p { width: 400px } }", "wider than the screen", _SMALL),
        ("@media (prefers-color-scheme: dark) { p { width: 1400px } }", "wider than the screen", _DARK),
    ],
)
def test_a_barrier_is_found_in_each_look_that_has_it(page: Page, style: str, rule: str, looks: list[Look]) -> None:
    _show(page, style)
    found = find_barriers(page, _LOOKS)
    assert sorted(look for look in found if any(barrier.startswith(rule) for barrier in found[look])) == sorted(looks)


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        ("<input>", "label"),
        ('<img src="data:,">', "image-alt"),
        ("<button></button>", "button-name"),
        ('<div role="checkbox">Done</div>', "aria-required-attr"),
        ("<h3>Sprints</h3>", "heading-order"),
    ],
)
def test_a_barrier_of_the_tree_is_found(page: Page, part: str, rule: str) -> None:
    _show(page, body=_BODY.replace("</main>", f"{part}</main>"))
    found = find_barriers(page, _LOOKS)
    assert {look: [barrier.partition(":")[0] for barrier in found[look]] for look in found} == {look: [rule] for look in _LOOKS}


def test_a_page_without_scripts_is_judged_too(browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        _show(page, body=_BODY.replace("</main>", '<img src="data:,"></main>'))
        assert {violation.partition(":")[0] for found in find_barriers(page, _LOOKS).values() for violation in found} == {
            "image-alt"
        }
