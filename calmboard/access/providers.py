"""The tools a key can be made for; each is described in a folder of its own, and `wsgi.py` hands all of them over."""

from dataclasses import dataclass

from msgspec import Struct

from calmboard.extensions import Extension


class Cloud(Struct, frozen=True):
    """Where calls come from that are not made on the reader's machines; `ports` are the only ones it calls, empty: any."""

    name: str
    ports: tuple[int, ...] = ()


class RecipeStep(Struct, frozen=True):
    """What to do, in HTML of our own, and what to paste there; `user_values` are the placeholders in it."""

    title: str
    text: str = ""
    kind: str = ""
    label: str = ""
    code: str = ""
    user_values: tuple[str, ...] = ()


class Recipe(Struct, frozen=True, kw_only=True):
    """How a key is used in one tool, step by step; `cloud` is None where it runs on machines of the reader's."""

    slug: str
    name: str
    heading: str
    lead: str
    steps: tuple[RecipeStep, ...]
    caution: str = ""
    cloud: Cloud | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """`monogram` is on its tile; `is_own`: a program of the reader's, not a product.

    `scopes` are preselected with it: what its recipes use, and nothing else.
    """

    slug: str
    name: str
    monogram: str
    sentence: str
    recipes: tuple[Recipe, ...]
    scopes: frozenset[str] = frozenset({"tasks:write"})
    offers: str = "Key"
    is_own: bool = False


# In the order of the page.
PROVIDERS: Extension[tuple[Provider, ...]] = Extension("providers")


def find_provider(slug: str) -> Provider | None:
    return next((provider for provider in PROVIDERS.get() if provider.slug == slug), None)
