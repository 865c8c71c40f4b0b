"""Reads the parameters of an address, strictly; makes and checks the cursors of lists."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin
from urllib.parse import unquote_to_bytes, urlencode

import msgspec
from flask import current_app, request
from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError

from api.framework.conversion.field_errors import fault_of
from api.framework.conversion.json_schema_convert import convert
from api.framework.conversion.struct_fields import fields_of
from calmboard.errors import FieldError, InvalidRequest
from calmboard.pagination import DEFAULT_LIMIT, MAX_LIMIT, PageRequest

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_SEAL_BYTES = 12


class Query(Struct, kw_only=True):
    """What every address takes."""

    fields: Annotated[list[str], Meta(description="Only these fields, such as `id,title`.")] | UnsetType = UNSET


class PageQuery(Query, kw_only=True):
    """The part of a list that is asked for."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT, description="How many at most.", examples=[10])] = DEFAULT_LIMIT
    cursor: (
        Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{20,500}$", description="The next_cursor of the answer before.")] | UnsetType
    ) = UNSET

    @property
    def cut(self) -> PageRequest:
        """Raises InvalidRequest where the cursor was changed, or made for another list."""
        return PageRequest(self.limit, None if self.cursor is UNSET else _read_cursor(self.cursor))


AnyQuery = TypeVar("AnyQuery", bound=Query)


def read_query(kind: type[AnyQuery], gives: type[Struct] | None) -> AnyQuery:
    """Read the parameters as a struct; raises InvalidRequest with a fault for each that is wrong.

    `fields` may name what `gives` has, and is no parameter where that is None.
    """
    _need_utf8()
    known = {name: field for name, field in fields_of(kind).items() if gives is not None or name != "fields"}
    faults, read = [], {}
    for name, texts in request.args.lists():
        if name not in known:
            faults.append(
                FieldError(name[:100], "unknown_parameter", f"There is no parameter “{name[:100]}” here.", tuple(known))
            )
        elif len(texts) > 1:
            faults.append(FieldError(name, "doubled", f"Send {name} once; several values are separated by commas."))
        else:
            try:
                read[known[name].name] = _value(texts[0], known[name].type)
            except ValidationError as error:
                faults.append(fault_of(error, name, known[name].type))
    faults += _strange_fields(read.get("fields", ()), gives)
    if faults:
        raise InvalidRequest("A parameter in the address cannot be used.", errors=tuple(faults))
    return kind(**read)


def _strange_fields(names: Sequence[str], gives: type[Struct] | None) -> list[FieldError]:
    choices = tuple(fields_of(gives)) if gives is not None else ()
    strange = ((place, name) for place, name in enumerate(names) if name not in choices)
    return [
        FieldError(f"fields/{place}", "unknown_value", f"There is no field “{name[:100]}”.", choices) for place, name in strange
    ]


def next_cursor(after: tuple[Any, ...]) -> str:
    """An opaque text that continues this very list behind a row."""
    payload = msgspec.json.encode([_tagged(value) for value in after])
    return base64.urlsafe_b64encode(_seal(payload) + payload).rstrip(b"=").decode()


def next_page(cursor: str) -> str:
    """The address of the next part, for Link: rel="next" (RFC 8288)."""
    origin: str = current_app.config["CALMBOARD"].origin
    return f"{origin}{request.path}?{urlencode({**request.args.to_dict(), 'cursor': cursor})}"


def _read_cursor(cursor: str) -> tuple[Any, ...]:
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise _strange_cursor() from None
    seal, payload = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(payload)):
        raise _strange_cursor()
    return tuple(_READERS[tag](text) for tag, text in msgspec.json.decode(payload))


def _strange_cursor() -> InvalidRequest:
    detail = "This cursor was changed, or belongs to another list. Start again without it."
    return InvalidRequest(detail, errors=(FieldError("cursor", "strange_cursor", detail),))


def _seal(payload: bytes) -> bytes:
    """Binds a cursor to this server, this address and its filters, but not to the limit."""
    asked = sorted((name, text) for name, text in request.args.items() if name not in ("limit", "cursor"))
    key = current_app.config["CALMBOARD"].secret_key.encode()
    bound = msgspec.json.encode([request.path, asked])
    return hmac.digest(key, b"cursor\0" + bound + b"\0" + payload, hashlib.sha256)[:_SEAL_BYTES]


def _tagged(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "time", value.isoformat()
    if isinstance(value, date):
        return "date", value.isoformat()
    return "text", value


_READERS: dict[str, Callable[[str], Any]] = {"time": datetime.fromisoformat, "date": date.fromisoformat, "text": str}


def _need_utf8() -> None:
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError:
        raise InvalidRequest("The address holds signs that are not UTF-8.") from None


def _value(text: str, kind: Any) -> Any:
    """Read one text as its declared type, in its one spelling."""
    base = _base(kind)
    value: Any = text
    if base is bool:
        value = {"true": True, "false": False}.get(text, text)
    elif base is int and _INTEGER.fullmatch(text):
        value = int(text)
    elif base is list:
        value = text.split(",")
    value = convert(value, kind)
    return _in_utc(value) if isinstance(value, datetime) else value


def _base(kind: Any) -> Any:
    """`list` for `Annotated[list[str], …] | UnsetType`."""
    while get_origin(kind) in (Annotated, Union, UnionType):
        kind = next(argument for argument in get_args(kind) if argument is not UnsetType)
    return get_origin(kind) or kind


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValidationError("Invalid RFC3339 encoded datetime") from None
