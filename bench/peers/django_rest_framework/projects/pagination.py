"""Pages of a list: found by the last row of the one before (keyset pagination)."""

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.response import Response


class KeysetPagination(CursorPagination):
    page_size = 25
    page_size_query_param = "limit"
    max_page_size = 100
    ordering = "id"

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"data": data, "has_more": self.has_next, "next_cursor": self.get_next_link()})

    def encode_cursor(self, cursor: Cursor) -> str:
        """The bare cursor, where the framework gives the address of the page."""
        return b64encode(urlencode({"p": cursor.position}).encode()).decode("ascii")
