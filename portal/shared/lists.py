"""Long lists on a page: which part is asked for, and where the next one is found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import request, url_for

from calmboard.ids import is_id
from calmboard.pagination import Page, PageRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class More:
    """Where the next part of a list is: on a page that begins with it, and alone for htmx."""

    page_url: str
    part_url: str


def asked_part(name: str, prefix: str, ranks: int = 0) -> PageRequest:
    """The part of a list that the address asks for by `name`; what cannot be read is taken as its beginning.

    It is named by the row before it: the row's id, behind as many ranks (0 or 1) as the list is sorted by first.
    """
    *ranked, row_id = request.args.get(name, "").split(".")
    if len(ranked) != ranks or not set(ranked) <= {"0", "1"} or not is_id(prefix, row_id):
        return PageRequest()
    return PageRequest(after=(*(int(rank) for rank in ranked), row_id))


def part_or_first(read: Callable[[PageRequest], Page[T]], cut: PageRequest) -> tuple[Page[T], bool]:
    """The part of a list for a page, and whether others come before it.

    Where nothing is behind the row that was named, the beginning: the list itself is not empty.
    """
    page = read(cut)
    if cut.after is None or page.rows:
        return page, cut.after is not None
    return read(PageRequest()), False


def more_of(page: Page[Any], name: str, page_endpoint: str, part_endpoint: str, anchor: str) -> More | None:
    """Where a list goes on, or None where this was its end; `name` is that of `asked_part`."""
    if page.after is None:
        return None
    place: dict[str, Any] = {name: ".".join(str(value) for value in page.after)}
    return More(url_for(page_endpoint, **place, _anchor=anchor), url_for(part_endpoint, **place))
