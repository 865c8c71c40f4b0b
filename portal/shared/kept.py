"""Parts of pages that are rendered once and kept, because many readers see the same."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from typing import ClassVar

from flask import current_app
from markupsafe import Markup

from calmboard.extensions import Extension
from calmboard.settings import current_settings

KEPT_MARKUP: Extension[dict[Hashable, Markup]] = Extension("kept_markup")


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
        """What the reader sees in place of which words of the markup."""
        return {}


def kept(part: KeptPart) -> Markup:
    """The markup of a part, rendered the first time that what it depends on is met."""
    markup, key = KEPT_MARKUP.get_or_make(current_app, lambda _: {}), (part.template, part.depends_on)
    if key not in markup:
        template = current_app.jinja_env.get_template(part.template)
        markup[key] = Markup(template.render(section=part, settings=current_settings()))  # noqa: S704 -- it was escaped there
    filled = markup[key]
    for word, own in part.own_values.items():
        filled = filled.replace(word, own)
    return filled


FILTERS = (kept,)
