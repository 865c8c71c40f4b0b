"""Bodies of requests, received whole before the app runs."""

import tempfile
from contextlib import ExitStack, suppress
from typing import IO, Any

from calmboard.errors import InvalidRequest, Problem, Unavailable, raising_disk_problems

Environ = dict[str, Any]

_IN_MEMORY = 256 * 1024
_PART = 64 * 1024


def receive_body(environ: Environ, max_bytes: int, stack: ExitStack) -> None:
    """Put the whole body in the place of the one that is still on its way, until the stack is closed.

    One that is announced as too large stays where it is, unread; in chunks it is read until it is too large. One that ends
    early is refused where it is read: a part of a body may be valid, and mean something else.
    """
    length = _announced_length(environ)
    if length == 0 or (length is not None and length > max_bytes):
        return
    body: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 -- the stack closes it
    stack.callback(_close, body)
    try:
        received = _copy(environ["wsgi.input"], body, max_bytes + 1 if length is None else length)
    except Unavailable as problem:
        environ["wsgi.input"] = _NoBody(problem)
        return
    body.seek(0)
    environ["wsgi.input"] = body if length in (None, received) else _NoBody(_ended_early(received, length or 0))


def _announced_length(environ: Environ) -> int | None:
    """The bytes that are to come; None where the chunks themselves tell."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _copy(source: IO[bytes], target: IO[bytes], limit: int) -> int:
    copied = 0
    while copied < limit and (part := source.read(min(_PART, limit - copied))):
        with raising_disk_problems():
            target.write(part)
        copied += len(part)
    return copied


def _close(body: IO[bytes]) -> None:
    with suppress(OSError):  # what a full disk did not take
        body.close()


def _ended_early(received: int, length: int) -> Problem:
    return InvalidRequest(f"Only {received} of the {length} bytes of the body arrived in time. Send the request again.")


class _NoBody:
    """In the place of a body that is not whole: the interface that reads it tells the problem in its own shape."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def read(self, _size: int = -1) -> bytes:
        raise self._problem

    readline = read
