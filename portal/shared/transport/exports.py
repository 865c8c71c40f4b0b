"""Lists as files: CSV and JSON Lines, sent as they are read, a page of rows at a time."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec
from flask import Response, stream_with_context

from calmboard.pagination import Page, PageRequest

MAX_ROWS = 100_000
_ROWS_AT_ONCE = 1000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}

Row = Mapping[str, Any]


def export(kind: str, name: str, columns: Sequence[str], read: Callable[[PageRequest], Page[Row]]) -> Response:
    """A file of at most MAX_ROWS rows; the first page is read before anything is sent, so that a refusal is a page."""
    first = read(PageRequest(_ROWS_AT_ONCE))
    rows = chain.from_iterable(page.rows for page in _pages(first, read))
    lines = _csv_lines(columns, rows) if kind == "csv" else (msgspec.json.encode(row) + b"\n" for row in rows)
    response = Response(stream_with_context(lines), content_type=_TYPES[kind])
    response.headers.update({"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"})
    return response


def _pages(page: Page[Row], read: Callable[[PageRequest], Page[Row]]) -> Iterator[Page[Row]]:
    left = MAX_ROWS
    while True:
        yield page
        left -= len(page.rows)
        if page.after is None or left <= 0:
            return
        page = read(PageRequest(min(_ROWS_AT_ONCE, left), page.after))


def _csv_lines(columns: Sequence[str], rows: Iterator[Row]) -> Iterator[bytes]:
    yield _csv_line(columns)
    for row in rows:
        yield _csv_line([_cell(row[name]) for name in columns])


def _csv_line(cells: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()


def _cell(value: Any) -> str:
    """Text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode().strip('"')
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
