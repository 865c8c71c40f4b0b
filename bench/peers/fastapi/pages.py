"""Pages of a list: found by the last row of the one before (keyset pagination)."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import HTTPException, Query

Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=100)]


def read_cursor(cursor: str | None) -> str | None:
    """The id of the last row that was read."""
    if cursor is None:
        return None
    try:
        return base64.urlsafe_b64decode(cursor).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise HTTPException(400, "This cursor was changed.") from None


def split_page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], bool]:
    """The rows of the page, of which one more was read, and whether more follow."""
    return rows[:limit], len(rows) > limit


def cursor_of(row_id: str) -> str:
    return base64.urlsafe_b64encode(row_id.encode()).decode()
