"""Parts of pages that are rendered once and kept, because many readers see the same."""

import re
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import ClassVar

from flask import current_app
from markupsafe import Markup

from calmboard.extensions import Extension
from calmboard.settings import current_settings

# By template and what it depends on: the markup, cut at each word that is not the reader's own yet.
KEPT_MARKUP: Extension[dict[Hashable, list[Markup]]] = Extension("kept_markup")


class KeptPart(ABC):
    """Its template gets it by the name `section`, and beside that the settings alone: nothing of a request or a reader."""

    __slots__ = ()
    template: ClassVar[str]

    @property
    @abstractmethod
    def depends_on(self) -> Hashable:
        """What its markup depends on besides the app: one of few values, none of them secret."""

    @property
    def own_values(self) -> Mapping[str, str]:
        """What the reader sees in the place of words that the template has."""
        return {}


def kept(part: KeptPart) -> Markup:
    """The markup of a part, rendered the first time that what it depends on is met, with the reader's own values in it."""
    all_pieces, key, own = KEPT_MARKUP.get_or_make(current_app, lambda _: {}), (part.template, part.depends_on), part.own_values
    if key not in all_pieces:
        all_pieces[key] = _cut(_render(part), own)
    return Markup("").join(own.get(piece, piece) for piece in all_pieces[key])


def _render(part: KeptPart) -> str:
    return current_app.jinja_env.get_template(part.template).render(section=part, settings=current_settings())


def _cut(markup: str, words: Mapping[str, str]) -> list[Markup]:
    pieces = re.split(f"({'|'.join(map(re.escape, words))})", markup) if words else [markup]
    return [Markup(piece) for piece in pieces]  # noqa: S704 -- the template escaped them


FILTERS = (kept,)
