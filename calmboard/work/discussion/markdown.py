"""Markdown rendered as HTML that is safe on any page."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

_BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "hr"}
_TABLES = {"table", "thead", "tbody", "tr", "th", "td"}
_SPANS = {"a", "strong", "em", "s", "code", "br"}
_LINK = re.compile(r"(https?://|mailto:)[^\s\\]", re.IGNORECASE)
_COSTLY = re.compile(r"[\[|*_~]")
_MAX_COSTLY = 2000


@lru_cache(maxsize=128)
def render(text: str) -> str:
    """CommonMark with tables and strikethrough, as HTML.

    Links lead to http, https and mailto only and say nofollow, noopener, noreferrer; an image becomes a link to it,
    so that opening a page sends no request to another server; HTML in the text is shown as typed. A text with more
    characters for links, tables and emphasis than people type is shown as typed altogether: parsing it would take long.
    """
    if len(_COSTLY.findall(text)) > _MAX_COSTLY:
        return f"<p>{escapeHtml(text)}</p>"
    return _allowed.clean(_markdown.render(text))


def _link_to_image(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _environment: Any) -> str:
    image = tokens[index]
    source = str(image.attrs["src"])
    return f'<a href="{escapeHtml(source)}">{escapeHtml(image.content or source)}</a>'


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    parser.add_render_rule("image", _link_to_image)
    return parser


_markdown = _parser()
_allowed = nh3.Cleaner(
    tags=_BLOCKS | _TABLES | _SPANS,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener noreferrer",
)
