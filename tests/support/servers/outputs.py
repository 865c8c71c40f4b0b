"""Outputs that programs write to, and whose readers fail them."""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass
class Pipe:
    """Standard output of a program; this process is its reader."""

    reader: int
    writer: int

    def fill(self) -> None:
        """Leave no room for a byte, as when nobody reads."""
        own = os.open(f"/proc/self/fd/{self.writer}", os.O_WRONLY | os.O_NONBLOCK)
        for size in (4096, 1):
            with suppress(BlockingIOError):
                while True:
                    os.write(own, b"x" * (size - 1) + b"\n")
        os.close(own)

    def read(self) -> list[str]:
        """Each line that is there."""
        read = b""
        while select.select([self.reader], [], [], 0)[0]:
            read += os.read(self.reader, 65536)
        return read.decode().splitlines()

    def close_reader(self) -> None:
        if self.reader >= 0:
            os.close(self.reader)
            self.reader = -1


@contextmanager
def opened_pipe() -> Iterator[Pipe]:
    pipe = Pipe(*os.pipe())
    try:
        yield pipe
    finally:
        pipe.close_reader()
        os.close(pipe.writer)
