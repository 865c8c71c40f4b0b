"""The sections of the Integrations & APIs page: found in the folders of portal, shown in the order that each names."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import isabstract, isclass
from pathlib import Path

from portal.shared.section import Section

_PORTAL = Path(__file__).parents[1]


@cache
def page_sections() -> tuple[type[Section], ...]:
    """Their classes, in the order of the page."""
    return tuple(sorted(_found(), key=lambda section: section.order))


def _found() -> Iterator[type[Section]]:
    """Every section that stands in a module `section` of a capability's folder."""
    for path in sorted(_PORTAL.glob("*/section.py")):
        module = import_module(f"portal.{path.parent.name}.section")
        for value in vars(module).values():
            if isclass(value) and issubclass(value, Section) and not isabstract(value) and value.__module__ == module.__name__:
                yield value
