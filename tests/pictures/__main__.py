"""Draws each state of the pages, at three widths in both schemes, into pictures/: `make pictures`; `ONLY=consent` draws some."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from tests.pictures.index import picture_path, write_index
from tests.pictures.stage import Stage, open_stage
from tests.support.clients.accessibility import Look
from tests.support.clients.browser import Scheme
from tests.support.states.every import STATES
from tests.support.states.state import State

_FOLDER = Path("pictures")
_SCHEMES: Sequence[Scheme] = ("light", "dark")
LOOKS: Sequence[Look] = [(scheme, width) for width in (360, 768, 1280) for scheme in _SCHEMES]
# What nobody looks through: the longest page is cut there.
_MAX_HEIGHT = 6000


def draw(only: str) -> int:
    """Draw the states whose name, or whose part of the list, holds `only`; returns how many could not be drawn."""
    failures = 0
    with ExitStack() as until_end:
        stage = until_end.enter_context(open_stage())
        for number, (part, state) in enumerate(_chosen(only), 1):
            sys.stdout.write(f"{number:3} {part}: {state}\n")
            failures += not _is_drawn(stage, part, state)
    write_index(_FOLDER, STATES, LOOKS)
    sys.stdout.write(f"{_FOLDER / 'index.html'} shows them.\n")
    return failures


def _chosen(only: str) -> Iterator[tuple[str, State]]:
    return ((part, state) for part, states in STATES.items() for state in states if only in f"{part}: {state}")


def _is_drawn(stage: Stage, part: str, state: State) -> bool:
    """A state that is not reached says why, and leaves the others to be drawn."""
    reader = state.reader(stage.app)
    pages = replace(stage.pages, errors=[])
    page = pages(reader if state.is_signed_in else None, javascript=state.has_script)
    try:
        state.visit(page, reader)
        for look in LOOKS:
            _draw(page, look, _FOLDER / picture_path(part, state, look))
    except (AssertionError, PlaywrightError) as problem:
        sys.stdout.write(f"    not reached: {str(problem).splitlines()[0]}\n")
        return False
    finally:
        page.context.close()
    return True


def _draw(page: Page, look: Look, path: Path) -> None:
    scheme, width = look
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    is_modal = page.locator("dialog[open]").count() > 0
    height = 900 if is_modal else min(page.evaluate("document.documentElement.scrollHeight"), _MAX_HEIGHT)
    path.parent.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": width, "height": height})  # what sticks to the edge of the screen covers nothing then
    page.screenshot(path=path)


if __name__ == "__main__":
    sys.exit(draw(sys.argv[1] if len(sys.argv) > 1 else "") > 0)
