"""Cursors of the lists that tools return, bound to the tool and its arguments."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct

from api.framework.cursors import open_cursor, seal_cursor
from calmboard.errors import FieldError, ValidationFailed
from calmboard.pagination import PageRequest


def read_page_request(args: Any) -> PageRequest:
    """The requested page of a list; raises ValidationFailed where the cursor was changed, or belongs to another list."""
    if args.cursor is UNSET:
        return PageRequest(args.limit)
    try:
        return PageRequest(args.limit, open_cursor(args.cursor, _list_of(args)))
    except ValueError:
        detail = "This cursor was changed, or belongs to other arguments. Call again without it to start from the beginning."
        raise ValidationFailed(errors=(FieldError("/cursor", "strange_cursor", detail),)) from None


def next_cursor(args: Struct, after: tuple[Any, ...] | None) -> str | None:
    """An opaque text that continues this list after a row; None at its end."""
    return None if after is None else seal_cursor(after, _list_of(args))


def _list_of(args: Struct) -> object:
    """The tool and its arguments except the limit."""
    return ["mcp", type(args).__name__, msgspec.structs.replace(args, limit=0, cursor=UNSET)]
