"""The answers of examples that read: computed for one reader, in process, by the view itself."""

from collections.abc import Mapping
from contextvars import Context
from functools import cache
from typing import Any

from flask import Flask, current_app
from msgspec.json import decode
from werkzeug.wrappers import Response

from api.framework.describe import Operation, answer, operations
from api.framework.queries import Query, read_query
from calmboard.access.access import Access
from calmboard.errors import Problem


def read_answer(name: str, address: str, access: Access, path_arguments: Mapping[str, str]) -> Any:
    """The body that a reader's GET of an address is answered with; None where it is refused.

    An operation that reads changes nothing, so the reader's access is enough: no credential and no limit is used.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    operation = _reading(app)[name]
    try:
        response = Context().run(_respond, app, operation, address, access, path_arguments)
    except Problem:
        return None
    return decode(response.get_data())


@cache
def _reading(app: Flask) -> dict[str, Operation]:
    return {operation.name: operation for operation in operations(app) if operation.method == "GET"}


def _respond(app: Flask, operation: Operation, address: str, access: Access, path_arguments: Mapping[str, str]) -> Response:
    description = operation.description
    with app.test_request_context(address):
        query = read_query(description.query, description.gives)
        arguments = [*path_arguments.values(), *([query] if description.query is not Query else [])]
        return answer(description, query, operation.function(access, *arguments))
