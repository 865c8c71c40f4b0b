"""Reads JSON bodies: strictly, and field by field, so that every error is reported at once."""

import json
import re
from collections import Counter
from typing import Any, TypeVar, cast

import msgspec
from flask import Request, request
from msgspec import NODEFAULT, Struct
from werkzeug.exceptions import RequestEntityTooLarge

from api.framework.conversion.struct_reader import read_object
from calmboard.errors import FieldError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType, ValidationFailed

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64
MEDIA_TYPES = ("application/json", "application/merge-patch+json")

# Possessive, since a string that never ends would be read again from each of its quotes.
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)

Body = TypeVar("Body", bound=Struct)


def require_json() -> None:
    """Refuse a body that is not declared as JSON, or is too large."""
    if request.mimetype not in MEDIA_TYPES:
        raise UnsupportedMediaType(f"This address takes {' or '.join(MEDIA_TYPES)}.")
    require_plain(request)
    if (request.content_length or 0) > MAX_BYTES:
        raise _too_large()
    # One byte more, since a body in chunks is silently cut there.
    request.max_content_length = MAX_BYTES + 1


def require_plain(request: Request) -> None:
    """Refuse a body that is compressed, or text in anything but UTF-8."""
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("Send the body as UTF-8.")


def read_body(kind: type[Body]) -> Body:
    """Read the request's JSON object as a struct.

    Raises InvalidRequest where it cannot be read, ValidationFailed with an error for each field
    that is unknown, missing or wrong.
    """
    errors: list[FieldError] = []
    body = read_object(parse(read_full_body(request)), kind, "", errors)
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return cast("Body", body)


def given(body: Struct) -> dict[str, Any]:
    """The fields that were sent, by name."""
    return {
        name: value
        for name in body.__struct_fields__
        if (value := getattr(body, name)) is not msgspec.UNSET and value is not NODEFAULT
    }


def has_body() -> bool:
    return bool(request.content_length) or (request.content_length is None and bool(request.get_data()))


def read_full_body(request: Request) -> bytes:
    """The body as it was announced: neither cut at the limit nor broken off on the way."""
    try:
        raw = request.get_data()
    except RequestEntityTooLarge:
        raise _too_large() from None
    if len(raw) > MAX_BYTES:
        raise _too_large()
    announced = request.content_length
    if announced is not None and len(raw) != announced:
        raise InvalidRequest(f"The body broke off after {len(raw)} of {announced} bytes.")
    return raw


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge(f"This address takes at most {MAX_BYTES} bytes.")


def parse(raw: bytes) -> Any:
    """Read strict JSON: UTF-8, no key twice, no more than MAX_DEPTH levels; raises InvalidRequest."""
    try:
        text = raw.decode("utf-8-sig")  # a byte order mark is read over
        _check_depth(text)
        value = _decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise InvalidRequest("The body is not UTF-8 text.") from None
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The body is not readable JSON: {_reason(error)}.") from None
    return value


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for character in _STRINGS.sub("", text):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
        elif character in "]}":
            depth -= 1


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        duplicate = next(name for name in counts if counts[name] > 1)
        raise ValueError(f"the key “{duplicate[:60]}” occurs twice in one object")
    return value


def _number(text: str) -> float | int:
    """JSON knows one kind of number: 1.0 is the integer 1."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _reject_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


# Created once: json.loads creates one for every call with hooks.
_decode = json.JSONDecoder(object_pairs_hook=_reject_duplicate_keys, parse_float=_number, parse_constant=_reject_constant).decode


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg.lower()}"
    if "integer string conversion" in str(error):
        return "a number has too many digits"
    return str(error) or "it is nested too deeply"
