"""Other tools, a folder each. A folder's `PROVIDER` is found by being there."""

import pkgutil
from importlib import import_module

from calmboard.access.providers import Provider

# These come first; then other products, then programs of the reader's own, each by slug.
_FIRST = ("jira", "trello", "asana", "slack", "teams")


def find_providers() -> tuple[Provider, ...]:
    """All of them, in the order of the page."""
    names = [module.name for module in pkgutil.iter_modules(__path__, f"{__name__}.") if module.ispkg]
    return tuple(sorted((import_module(name).PROVIDER for name in names), key=_order))


def _order(provider: Provider) -> tuple[bool, int, str]:
    rank = _FIRST.index(provider.slug) if provider.slug in _FIRST else len(_FIRST)
    return provider.is_own, rank, provider.slug
