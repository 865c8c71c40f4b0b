"""The nouns of the API: one file of views each, found by its name in `NOUNS`."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

from flask import Blueprint

from api.docs.nouns import NOUNS


def resource_blueprints() -> list[Blueprint]:
    """The blueprint of each noun, in the order in which a reader meets them."""
    return sorted(_blueprints(), key=lambda bp: list(NOUNS).index(bp.name))


def _blueprints() -> Iterator[Blueprint]:
    modules = [import_module(found.name) for found in walk_packages(__path__, f"{__name__}.") if not found.ispkg]
    yield from {module.bp for module in modules if hasattr(module, "bp")}
