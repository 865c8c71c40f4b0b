"""Reads the parameters of an address, strictly; signs and verifies the cursors of lists."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin
from urllib.parse import unquote_to_bytes, urlencode

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError
from msgspec.structs import FieldInfo

from api.framework.conversion.field_errors import field_error_from
from api.framework.conversion.json_schema_convert import convert
from api.framework.conversion.struct_fields import fields_of
from api.framework.cursors import open_cursor, seal_cursor
from calmboard.errors import FieldError, InvalidRequest
from calmboard.pagination import DEFAULT_LIMIT, MAX_LIMIT, PageRequest
from web.app import current_request
from web.origin import origin

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BLANK_OFFSET = re.compile(r"([Tt][0-9:.]+) ([0-9]{2}:[0-9]{2})$")


class Query(Struct, kw_only=True):
    """The parameters that every address accepts."""

    fields: Annotated[list[str], Meta(description="Only these fields, such as `id,title`.")] | UnsetType = UNSET


class PageQuery(Query, kw_only=True):
    """The page of a list that is requested."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT, description="How many at most.", examples=[10])] = DEFAULT_LIMIT
    cursor: (
        Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{20,500}$", description="The next_cursor of the answer before.")] | UnsetType
    ) = UNSET

    @property
    def page_request(self) -> PageRequest:
        """Raises InvalidRequest where the cursor was changed, or made for another list."""
        return PageRequest(self.limit, None if self.cursor is UNSET else _read_cursor(self.cursor, self))


AnyQuery = TypeVar("AnyQuery", bound=Query)


def read_query(kind: type[AnyQuery], gives: type[Struct] | None) -> AnyQuery:
    """Read the parameters as a struct; raises InvalidRequest with an error for each that is wrong.

    `fields` may name what `gives` has, and is no parameter where that is None.
    """
    request = current_request()
    if not request.query_string:
        return kind()
    _require_utf8(request.query_string)
    known = _parameters(kind, gives is not None)
    errors: list[FieldError] = []
    read = {}
    for name, texts in request.args.lists():
        if name not in known:
            errors.append(
                FieldError(name[:100], "unknown_parameter", f"There is no parameter “{name[:100]}” here.", tuple(known))
            )
        elif sent := [text for text in texts if text]:
            read[known[name].name] = _read_parameter(name, sent, known[name].type, errors)
    errors += _unknown_fields(read.get("fields") or (), gives)
    if errors:
        raise InvalidRequest("A parameter in the address cannot be used.", errors=tuple(errors))
    return kind(**read)


@cache
def _parameters(kind: type[Query], with_fields: bool) -> dict[str, FieldInfo]:
    return {name: field for name, field in fields_of(kind).items() if with_fields or name != "fields"}


def _read_parameter(name: str, texts: list[str], kind: Any, errors: list[FieldError]) -> Any:
    """The value of a parameter, or None with an error added. A list may come in parts, with commas, or both."""
    if len(texts) > 1 and _base_type(kind) is not list:
        errors.append(FieldError(name, "doubled", f"Send {name} once; it has one value."))
        return None
    try:
        return _parse_value(",".join(texts), kind)
    except ValidationError as error:
        errors.append(field_error_from(error, name, kind))
        return None


def _unknown_fields(names: Sequence[str], gives: type[Struct] | None) -> list[FieldError]:
    choices = tuple(fields_of(gives)) if gives is not None else ()
    unknown = ((index, name) for index, name in enumerate(names) if name not in choices)
    return [
        FieldError(f"fields/{index}", "unknown_value", f"There is no field “{name[:100]}”.", choices) for index, name in unknown
    ]


def next_cursor(after: tuple[Any, ...], query: PageQuery) -> str:
    """An opaque text that continues this very list after a row."""
    return seal_cursor(after, _list_of(query))


def next_page(cursor: str) -> str:
    """The address of the next page, for Link: rel="next" (RFC 8288)."""
    request = current_request()
    others = [(name, text) for name, text in request.args.items(multi=True) if text and name != "cursor"]
    return f"{origin()}{request.path}?{urlencode(others)}{'&' if others else ''}cursor={cursor}"


def _read_cursor(cursor: str, query: PageQuery) -> tuple[Any, ...]:
    try:
        return open_cursor(cursor, _list_of(query))
    except ValueError:
        detail = "This cursor was changed, or belongs to another list. Start again without it."
        raise InvalidRequest(detail, errors=(FieldError("cursor", "strange_cursor", detail),)) from None


def _list_of(query: PageQuery) -> object:
    """What binds a cursor to this address and its filters, however they are written; not to limit and fields."""
    filters = {
        name: sorted(value) if isinstance(value, list) else value
        for name, value in msgspec.to_builtins(query).items()
        if name not in fields_of(PageQuery)
    }
    return [current_request().path, filters]


def _require_utf8(query_string: bytes) -> None:
    try:
        unquote_to_bytes(query_string).decode()
    except UnicodeDecodeError:
        raise InvalidRequest("The address holds characters that are not UTF-8.") from None


def _parse_value(text: str, kind: Any) -> Any:
    """Read one text as its declared type."""
    base = _base_type(kind)
    value: Any = text
    if base is bool:
        value = {"true": True, "false": False}.get(text, text)
    elif base is int and _INTEGER.fullmatch(text):
        value = int(text)
    elif base is list:
        value = text.split(",")
    elif base is datetime:
        value = _written_in_full(text)
    value = convert(value, kind)
    return _to_utc(value) if isinstance(value, datetime) else value


def _written_in_full(text: str) -> str:
    """A time as RFC 3339 has it. A day is its start, in UTC; a blank before the offset is the + that it was in a form."""
    return f"{text}T00:00:00Z" if _DAY.fullmatch(text) else _BLANK_OFFSET.sub(r"\1+\2", text)


def _base_type(kind: Any) -> Any:
    """`list` for `Annotated[list[str], …] | UnsetType`."""
    while get_origin(kind) in (Annotated, Union, UnionType):
        kind = next(argument for argument in get_args(kind) if argument is not UnsetType)
    return get_origin(kind) or kind


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValidationError("Invalid RFC3339 encoded datetime") from None
