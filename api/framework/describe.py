"""Described views: what an endpoint takes, returns and requires, written once, on the view."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Flask
from msgspec import Struct
from werkzeug.wrappers import Response

from api.framework.answers import Created, answer_list, answer_one, no_content
from api.framework.auth import authenticate
from api.framework.bodies import MEDIA_TYPES, has_body, read_body, require_json
from api.framework.deprecation import NO_DEPRECATION, Deprecation, add_deprecation_headers
from api.framework.etags import if_match
from api.framework.idempotency import idempotent
from api.framework.queries import PageQuery, Query, read_query
from api.framework.uploads import FORM, read_upload, require_form
from api.shapes.work.attachments import Upload
from calmboard.access.access import Access
from calmboard.access.permissions import require_scope
from calmboard.errors import FieldError, InvalidRequest
from web.app import current_request

_READING = ("GET", "HEAD")
_STATUSES = {"POST": 201, "DELETE": 204}
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Description:
    """`gives` None: an empty answer. `query` a PageQuery: a list of `gives`. `location`: a path with {id}.
    `guarded`: the representation that If-Match applies to. `takes` Upload: a form with a file.
    `gives_file`: the view answers with bytes. `path_errors`: what is wrong with parts of the path that are no ids.
    """

    summary: str
    gives: type[Struct] | None
    takes: type[Struct] | None
    query: type[Query]
    scope: str | None
    location: str | None
    guarded: type[Struct] | None
    status: int | None
    gives_file: bool
    deprecation: Deprecation
    path_errors: Callable[..., list[FieldError]] | None
    detail: str

    @property
    def media_types(self) -> tuple[str, ...]:
        """What its body may be declared as."""
        return (FORM,) if self.takes is Upload else MEDIA_TYPES


@dataclass(frozen=True, slots=True)
class Operation:
    """One described view at one method and path; `path` is as in OpenAPI, `/api/v1/tasks/{task_id}`, `route` as Flask has it.

    `function` is what the view calls once the request was let in.
    """

    name: str
    noun: str
    method: str
    path: str
    parameters: tuple[str, ...]
    description: Description
    function: Callable[..., Any]
    route: str

    @property
    def is_list(self) -> bool:
        return issubclass(self.description.query, PageQuery)

    @property
    def has_etag(self) -> bool:
        """Whether it returns a single resource, which has an ETag."""
        gives = self.description.gives
        return gives is not None and not self.is_list and "id" in gives.__struct_fields__

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses of success; a PUT that may create has two."""
        if self.description.status is not None:
            return (self.description.status,)
        may_create = self.description.location is not None and self.method == "PUT"
        return (200, 201) if may_create else (_STATUSES.get(self.method, 200),)

    @property
    def status(self) -> int:
        return self.statuses[0]


def describe(
    summary: str,
    gives: type[Struct] | None = None,
    *,
    takes: type[Struct] | None = None,
    query: type[Query] = Query,
    scope: str | None = None,
    location: str | None = None,
    guarded: type[Struct] | None = None,
    status: int | None = None,
    gives_file: bool = False,
    deprecation: Deprecation = NO_DEPRECATION,
    path_errors: Callable[..., list[FieldError]] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Make a view of `function(access, *path_arguments, [body], [query], [precondition])`; the rest is as in Description."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Response]:
        detail = inspect.getdoc(function) or ""
        ways = (gives_file, deprecation, path_errors)
        return _view(function, Description(summary, gives, takes, query, scope, location, guarded, status, *ways, detail))

    return decorate


def operations(app: Flask) -> Iterator[Operation]:
    """Every described view of the app, in the order of its routes."""
    seen = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if (description := getattr(view, "described", None)) is None:
            continue
        method = min((rule.methods or set()) - {"HEAD", "OPTIONS"})
        name = view.__name__ if view.__name__ not in seen else f"{view.__name__}_by_{method.lower()}"
        seen.add(name)
        path, parameters = _PARAMETER.sub(r"{\1}", rule.rule), tuple(_PARAMETER.findall(rule.rule))
        noun, function = rule.endpoint.split(".")[-2], inspect.unwrap(view)
        yield Operation(name, noun, method, path, parameters, description, function, rule.rule)


def _view(function: Callable[..., Any], description: Description) -> Callable[..., Response]:
    """Refusals come in the contract's order: credential, plan, rate limit, scope, media type,
    size, address and syntax, values; the rest is the function's.
    """

    @wraps(function)
    def view(**path_arguments: str) -> Response:
        add_deprecation_headers(description.deprecation)
        access = _require_caller(description)
        method = current_request().method
        takes = None if method in _READING else description.takes or _empty_body_if_sent()
        if takes is not None:
            _require_body(takes)
        _require_path(description, path_arguments)
        query = read_query(description.query, description.gives if method in _READING else None)
        body = None if takes is None else _read_body(takes)
        arguments: list[Any] = [] if description.takes is None else [body]
        arguments += [query] if description.query is not Query else []
        arguments += [if_match(description.guarded)] if description.guarded is not None else []

        def action() -> Response:
            return answer(description, query, function(access, *path_arguments.values(), *arguments))

        return idempotent(access, action) if method == "POST" else action()

    view.described = description  # type: ignore[attr-defined]
    return view


def _require_caller(description: Description) -> Access:
    access = authenticate()
    if description.scope is not None:
        require_scope(access, description.scope)
    return access


def _require_path(description: Description, path_arguments: dict[str, str]) -> None:
    if description.path_errors is None:
        return
    if errors := description.path_errors(**path_arguments):
        raise InvalidRequest("A part of the address cannot be used.", errors=tuple(errors))


def _empty_body_if_sent() -> "type[EmptyBody] | None":
    """The struct that a body has to match where none is expected."""
    return EmptyBody if has_body() else None


class EmptyBody(Struct):
    """The body of an address that takes none: an empty object, since some programs cannot send less."""


def _require_body(kind: type[Struct]) -> None:
    require_form() if kind is Upload else require_json()


def _read_body(kind: type[Struct]) -> Any:
    return read_upload() if kind is Upload else read_body(kind)


def answer(description: Description, query: Query, result: Any) -> Response:
    if description.gives_file:
        file: Response = result
        return file
    if description.gives is None:
        return no_content()
    if isinstance(query, PageQuery):
        return answer_list(description.gives, result, query)
    is_new = current_request().method == "POST" and description.status is None
    if isinstance(result, Created):
        is_new, result = True, result.resource
    return answer_one(description.gives, result, query.fields, description.location if is_new else None)
