"""Pagination of the lists on pages: which part is requested, and the links to the next one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from flask import request, url_for

from calmboard.ids import is_id
from calmboard.pagination import Page, PageRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NextPage:
    """Links to the next part of a list: a page that begins with it, and the part alone for htmx."""

    page_url: str
    part_url: str


@dataclass(frozen=True, slots=True)
class ListPart(Generic[T]):
    """The part of a list that a page shows, as rows of the page; `more` leads to the next one."""

    rows: Sequence[T]
    more: NextPage | None
    has_previous: bool


def requested_page(name: str, prefix: str, ranks: int = 0) -> PageRequest:
    """The part of a list that the query parameter `name` requests; a cursor that cannot be parsed means the first part.

    The cursor is the id of the row before it, behind as many ranks (0 or 1) as the list is sorted by first.
    """
    *ranked, row_id = request.args.get(name, "").split(".")
    if len(ranked) != ranks or not set(ranked) <= {"0", "1"} or not is_id(prefix, row_id):
        return PageRequest()
    return PageRequest(after=(*(int(rank) for rank in ranked), row_id))


def page_or_first(read: Callable[[PageRequest], Page[T]], page_request: PageRequest) -> tuple[Page[T], bool]:
    """The part of a list for a page, and whether others come before it.

    The first part where nothing follows the cursor: the list itself is not empty.
    """
    page = read(page_request)
    if page_request.after is None or page.rows:
        return page, page_request.after is not None
    return read(PageRequest()), False


def next_page(
    page: Page[Any],
    name: str,
    page_endpoint: str,
    part_endpoint: str,
    anchor: str,
    query: Mapping[str, str] = MappingProxyType({}),
) -> NextPage | None:
    """The links to the next part, or None after the last one; `name` is that of `requested_page`, `query` what else it asks."""
    if page.after is None:
        return None
    cursor: dict[str, Any] = {**query, name: ".".join(str(value) for value in page.after)}
    return NextPage(url_for(page_endpoint, **cursor, _anchor=anchor), url_for(part_endpoint, **cursor))
