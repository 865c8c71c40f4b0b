"""An output to which each line goes whole and at once, or is lost."""

import io
import os
import select
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import IO

from calmboard.logs.lost import LostLines

# Up to so many bytes enter a pipe whole or not at all, whoever else writes (pipe(7), PIPE_BUF).
_AT_ONCE = select.PIPE_BUF
_CUT = "…\n".encode()

Send = Callable[[bytes], int]


class Lines(io.TextIOBase):
    """A stream in place of standard output or error: no write to it raises, or waits for a reader."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, original: IO[str] | None, lost: LostLines) -> None:
        self._fd = None if original is None else original.fileno()
        self._lost = lost
        self._send: Send | None = None
        self._torn = lost.mark(self._fd)

    def write(self, text: str) -> int:
        content = text.encode(errors=self.errors)
        for part in (content,) if len(content) <= _AT_ONCE else _parts(content):
            self.send(part)
        return len(text)

    def send(self, lines: bytes) -> None:
        """Whole lines of up to PIPE_BUF bytes in all."""
        content = b"\n" + lines if self._torn.is_set() else lines
        sent = self._try(content)
        if sent == len(content):
            self._torn.clear()
            return
        if sent:
            self._torn.set()
        self._lost.add(lines.count(b"\n") or 1)

    def writable(self) -> bool:
        return True

    def _try(self, lines: bytes) -> int:
        try:
            if self._send is None:
                self._send = _open_sender(self._fd)
            return self._send(lines)
        except OSError:
            return 0


def _parts(content: bytes) -> Iterator[bytes]:
    """As many whole lines at a time as go at once; a longer line is cut."""
    part = b""
    for line in content.splitlines(keepends=True):
        whole = line if len(line) <= _AT_ONCE else line[: _AT_ONCE - len(_CUT)] + _CUT
        if len(part) + len(whole) > _AT_ONCE:
            yield part
            part = b""
        part += whole
    yield part


def _open_sender(fd: int | None) -> Send:
    """Sends what fits without waiting, and returns how many bytes that were."""
    if fd is None:
        return lambda _: 0
    mode = os.fstat(fd).st_mode
    if stat.S_ISSOCK(mode):
        return partial(_send_to_socket, fd)
    return _never_waiting(fd) if stat.S_ISFIFO(mode) or os.isatty(fd) else partial(os.write, fd)


def _send_to_socket(fd: int, lines: bytes) -> int:
    output = socket.socket(fileno=fd)
    try:
        return output.send(lines, socket.MSG_DONTWAIT)
    finally:
        output.detach()


def _never_waiting(fd: int) -> Send:
    """O_NONBLOCK belongs to the open file, which other programs write to as well, so it is opened once more."""
    with suppress(OSError):
        return partial(os.write, os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY))
    return lambda lines: os.write(fd, lines) if select.select((), (fd,), (), 0)[1] else 0
