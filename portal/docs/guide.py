"""The guide of the API reference: one Markdown text, which programs read as it is and the page shows in chapters."""

import re
from dataclasses import dataclass

from flask import render_template
from markdown_it import MarkdownIt

_CHAPTER = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Chapter:
    slug: str
    title: str
    html: str


def guide_chapters() -> list[Chapter]:
    _, *parts = _CHAPTER.split(render_template("docs/reference/_guide.md"))
    return [_chapter(title, text) for title, text in zip(parts[::2], parts[1::2], strict=True)]


def _chapter(title: str, text: str) -> Chapter:
    return Chapter(title.lower().replace(" ", "-"), title, MarkdownIt("commonmark").render(text))
