"""Reads uploads: one file in a form (RFC 7578), spooled to disk where it is large, never whole in memory."""

import hashlib
import os
import re
from collections.abc import Iterable
from typing import Any, BinaryIO, cast

from flask import request
from werkzeug.datastructures import FileStorage, MultiDict

from calmboard.errors import FieldError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from calmboard.work.discussion.attachments import NewFile
from web.forms import ShortForm

FORM = "multipart/form-data"
MAX_FILE_BYTES = 10 * 1024 * 1024

MAX_FORM_BYTES = MAX_FILE_BYTES + 64 * 1024
_CHUNK_BYTES = 64 * 1024
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,48}/[a-z0-9][a-z0-9!#$&^_.+-]{0,48}")
_NOT_READABLE = (
    "The body is not a readable form: it has to end, and to separate its parts by the boundary that its Content-Type names."
)
_UNKNOWN_TYPE = "application/octet-stream"


def require_form() -> None:
    """Refuse a body that is not declared as a form, or is larger than one with the largest file."""
    if request.mimetype != FORM:
        raise UnsupportedMediaType(f"This address takes {FORM}.", hint=f"Send the file as the part “file” of {FORM}.")
    request.max_content_length = MAX_FORM_BYTES
    request.form_data_parser_class = _StrictForm
    if (request.content_length or 0) > MAX_FORM_BYTES:
        raise _too_large()


def read_upload() -> NewFile:
    """The one file of the form.

    Raises InvalidRequest where the form cannot be read, ValidationFailed where there is not one file named `file`, or it is
    empty, and PayloadTooLarge.
    """
    files = _files().getlist("file")
    errors = [*_unknown_parts(), *_file_errors(files)]
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    if _size(files[0]) > MAX_FILE_BYTES:
        raise _too_large()
    media_type = files[0].mimetype if _MEDIA_TYPE.fullmatch(files[0].mimetype) else _UNKNOWN_TYPE
    return NewFile(files[0].filename or "", media_type, cast("BinaryIO", files[0].stream))


def digest_of_form(request_line: bytes) -> bytes:
    """What makes two forms the same. The bytes between the parts differ each time one is sent."""
    digest = hashlib.sha256(request_line)
    for name, part in request.files.items(multi=True):
        digest.update(f"{name}\n{part.filename}\n{part.mimetype}\n".encode())
        content = hashlib.sha256()
        while chunk := part.stream.read(_CHUNK_BYTES):
            content.update(chunk)
        part.stream.seek(0)
        digest.update(content.digest())
    return digest.digest()


class _StrictForm(ShortForm):
    """Raises where a form cannot be read; Werkzeug's own treats it as one without parts."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "silent": False})


def _files() -> MultiDict[str, FileStorage]:
    try:
        return request.files
    except ValueError:
        raise InvalidRequest(_NOT_READABLE, hint=f"Let your program set the Content-Type {FORM} itself.") from None


def _unknown_parts() -> list[FieldError]:
    """An error for each name but `file`. A part without a name arrives as None."""
    names: Iterable[str | None] = dict.fromkeys((*request.files, *request.form))
    return [_unknown_part(name) for name in names if name != "file"]


def _unknown_part(name: str | None) -> FieldError:
    if not name:
        return FieldError("/", "unknown_field", "Each part needs a name, and there is one part here: file.", ("file",))
    return FieldError(f"/{name[:100]}", "unknown_field", f"There is no part “{name[:100]}” here.", ("file",))


def _file_errors(files: list[FileStorage]) -> list[FieldError]:
    if "file" in request.form:
        return [FieldError("/file", "wrong_type", "Send file as a file: its part needs a file name.")]
    if not files:
        return [FieldError("/file", "required", "Send one file, as the part “file”.")]
    if len(files) > 1:
        return [FieldError("/file", "doubled", "Send one file at a time.")]
    return [] if _size(files[0]) else [FieldError("/file", "too_short", "This file is empty. Send one that holds something.")]


def _size(file: FileStorage) -> int:
    """In bytes; measured on the stream, since a part may not declare it."""
    size = file.stream.seek(0, os.SEEK_END)
    file.stream.seek(0)
    return size


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge(f"This address takes files of at most {MAX_FILE_BYTES} bytes.")
