"""Forms as the app reads them: of few fields, for a form costs by their number more than by its bytes."""

import io
from typing import IO

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from calmboard.errors import PayloadTooLarge

MAX_FIELDS = 1000
_URLENCODED = "application/x-www-form-urlencoded"

ParsedForm = tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]


class ShortForm(FormDataParser):
    """Raises PayloadTooLarge for a form of more than MAX_FIELDS fields, before any of them is decoded.

    Werkzeug's own limit of parts is for multipart forms alone, and without a sentence.
    """

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> ParsedForm:
        if mimetype == _URLENCODED:
            body = stream.read()
            if body.count(b"&") >= MAX_FIELDS:
                raise _too_many()
            stream = io.BytesIO(body)
        try:
            return super().parse(stream, mimetype, content_length, options)
        except RequestEntityTooLarge:
            raise _too_many() from None


def _too_many() -> PayloadTooLarge:
    return PayloadTooLarge(f"A form holds at most {MAX_FIELDS:,} fields, and 500 kB beside its files.")
