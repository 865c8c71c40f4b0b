"""What a browser silently repairs in a page: parts that are closed out of order, or stand where HTML allows none."""

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser

_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")
_PHRASING_ONLY = re.compile("p|span|button|label|legend|summary|h[1-6]|dt|small|strong|em|code|pre|a|time")
_FLOW = re.compile(
    "address|article|aside|blockquote|details|dialog|div|dl|fieldset|figure|footer|form|h[1-6]|header|hr|main|nav|ol|p|pre|"
    "section|table|ul"
)
# What these may hold although it is no phrase: a heading in a summary or a legend, blocks in a link.
_EXCEPTIONS = {(outer, inner) for outer in ("summary", "legend") for inner in ("h2", "h3", "h4")} | {
    ("a", inner) for inner in ("div", "p", "h2", "h3", "h4")
}
_INTERACTIVE = re.compile("a|button|input|select|textarea|summary|label")
_CHILDREN = {"ul": {"li"}, "ol": {"li"}, "dl": {"div", "dt", "dd"}, "tr": {"td", "th"}, "select": {"option", "optgroup"}}
_REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "form", "list")


def text_of(page: str) -> str:
    """What a page says, with one space between words."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page)).split())


def find_repairs(page: str, is_part: bool = False) -> list[str]:
    """A sentence for each; a part may refer to what stands in the page around it."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    left_open = [f"<{tag}> is never closed" for tag in reader.stack]
    twice = [f"the id {name} stands twice" for name, number in Counter(reader.ids).items() if number > 1]
    missing = [] if is_part else [f"nothing has the id {name}" for name in sorted(reader.references - set(reader.ids))]
    return [*reader.faulty, *left_open, *twice, *missing]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.ids: list[str] = []
        self.references: set[str] = set()
        self.faulty: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check_attributes(tag, [name for name, _ in attrs])
        self._check_nesting(tag, dict(attrs))
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in _REFERENCES:
                self.references.update((value or "").split())
        if not _VOID.fullmatch(tag):
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if "svg" not in self.stack:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.stack and self.stack[-1] == tag:
            self.stack.pop()
        else:
            self.faulty.append(f"</{tag}> closes <{self.stack[-1] if self.stack else 'nothing'}>")

    def _check_attributes(self, tag: str, names: list[str]) -> None:
        self.faulty += [f"<{tag}> has {name} twice" for name, number in Counter(names).items() if number > 1]

    def _check_nesting(self, tag: str, attributes: dict[str, str | None]) -> None:
        outer = self.stack[-1] if self.stack else ""
        if _PHRASING_ONLY.fullmatch(outer) and _FLOW.fullmatch(tag) and (outer, tag) not in _EXCEPTIONS:
            self.faulty.append(f"<{tag}> stands in <{outer}>")
        if outer in _CHILDREN and tag not in _CHILDREN[outer] | {"script", "template"}:
            self.faulty.append(f"<{tag}> is a child of <{outer}>")
        if _INTERACTIVE.fullmatch(tag) and attributes.get("type") != "hidden":
            around = {"a", "button"}.intersection(self.stack) | ({"label"} & set(self.stack) if tag == "label" else set())
            self.faulty += [f"<{tag}> stands in <{one}>" for one in sorted(around)]
        if tag == "form" and "form" in self.stack:
            self.faulty.append("<form> stands in <form>")
