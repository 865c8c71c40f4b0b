"""What keeps somebody out of a page: the violations that axe finds, and parts that are wider than the screen."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

from tests.support.clients.browser import Scheme
from tests.support.servers.programs import not_run

Look = tuple[Scheme, int]

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The only rules that read colours; the others read the tree, its texts and its boxes.
_COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# All that a rule finds in order would cost more to hand over than to find.
_RUN = """async ([runOnly, exclude]) => {
    const results = await axe.run({exclude}, {runOnly, resultTypes: ["violations"]});
    return results.violations.map(({id, help, nodes}) => `${id}: ${help} at ${nodes.flatMap(node => node.target).join(", ")}`);
}"""
# A page without scripts has no timers, by which axe goes from one step to the next.
_LET_AXE_RUN = """() => {
    if (!matchMedia("(scripting: none)").matches) return;
    window.setTimeout = (run, wait) => { if (!wait) Promise.resolve().then(run); return 0; };
}"""
_LAYOUT = """() => Array.from(document.querySelectorAll("*"), element => {
    const {x, y, width, height} = element.getBoundingClientRect();
    const {display, visibility} = getComputedStyle(element);
    return [x, y, width, height, display, visibility].join(" ");
}).join("\\n")"""


def find_violations(page: Page) -> list[str]:
    """The violations of WCAG 2.2 AA and best practices that axe finds: the rule, its requirement, and where."""
    return _run_axe(page, _TAGS)


def find_barriers(page: Page, looks: Sequence[Look], without: Sequence[str] = ()) -> dict[Look, list[str]]:
    """What stands in the way in each look, a scheme and a width; `without` are parts that are judged in another state.

    A look with the same layout as an earlier one differs from it in colours alone, so only those are judged again.
    """
    found: dict[Look, list[str]] = {}
    by_layout: dict[str, list[str]] = {}
    for scheme, width in looks:
        _show(page, scheme, width)
        violations = _find_in_layout(page, without, by_layout)
        wider = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[scheme, width] = violations + ["wider than the screen"] * wider
    return {look: barriers for look, barriers in found.items() if barriers}


def _find_in_layout(page: Page, without: Sequence[str], by_layout: dict[str, list[str]]) -> list[str]:
    """The violations; those that have nothing to do with colours from `by_layout`, where the layout is in it."""
    layout = page.evaluate(_LAYOUT)
    if layout in by_layout:
        return by_layout[layout] + _run_axe(page, _COLOUR_RULES, without)
    violations = _run_axe(page, _TAGS, without)
    by_layout[layout] = [violation for violation in violations if not violation.startswith(tuple(_COLOUR_RULES))]
    return violations


def _show(page: Page, scheme: Scheme, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})


def _run_axe(page: Page, rules_or_tags: list[str], without: Sequence[str] = ()) -> list[str]:
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_LET_AXE_RUN)
        page.evaluate(_axe_source())
    violations: list[str] = page.evaluate(_RUN, [rules_or_tags, list(without)])
    return violations


@cache
def _axe_source() -> str:
    if not _AXE.exists():
        not_run("axe-core is not installed: npm install --no-package-lock in tests/")
    return _AXE.read_text()
