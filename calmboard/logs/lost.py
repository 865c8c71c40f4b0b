"""How many lines of the log were lost, by all processes of an instance together."""

import fcntl
import mmap
import os
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

# The marks of torn outputs, then a slot for each process: lines lost, and when the last was (ms since the epoch).
_MARKS, _SLOT, _SLOTS = 8, struct.Struct("<QQ"), 64
_FILE_BYTES = _MARKS + _SLOTS * _SLOT.size


@dataclass(frozen=True, slots=True)
class Lost:
    """So many lines since the instance was made, the last of them then."""

    count: int
    last_at: datetime | None


class LostLines:
    """Counts in memory that processes share: a process keeps its slot locked, and the next one goes on in it."""

    def __init__(self) -> None:
        self.shared: bytearray | mmap.mmap = bytearray(_FILE_BYTES)
        self._offset = _MARKS
        self._lock = threading.Lock()

    def share(self, path: Path) -> None:
        """Count in this file; where it cannot be had, for this process alone: nothing fails for want of a count."""
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            # A page of the map that the disk has no room for would kill the process that writes to it.
            os.posix_fallocate(descriptor, 0, _FILE_BYTES)
            self._offset = _lock_slot(descriptor)
            self.shared = mmap.mmap(descriptor, _FILE_BYTES)

    def add(self, number: int) -> None:
        with self._lock:
            count, _ = _SLOT.unpack_from(self.shared, self._offset)
            _SLOT.pack_into(self.shared, self._offset, count + number, time.time_ns() // 1_000_000)

    def read(self) -> Lost:
        slots = [_SLOT.unpack_from(self.shared, _MARKS + number * _SLOT.size) for number in range(_SLOTS)]
        last_ms = max(last_ms for _, last_ms in slots)
        last_at = datetime.fromtimestamp(last_ms / 1000, UTC) if last_ms else None
        return Lost(sum(count for count, _ in slots), last_at)

    def mark(self, fd: int | None) -> "TornMark":
        """The mark of an output, the same for two that lead to one file."""
        with suppress(OSError):
            if fd == 2 and os.path.sameopenfile(1, 2):
                return TornMark(self, 1)
        return TornMark(self, fd or 0)


class TornMark:
    """Whether an output ends in half a line, whoever of the processes wrote it: the next then begins a new line."""

    def __init__(self, lost: LostLines, index: int) -> None:
        self._lost = lost
        self._index = index

    def is_set(self) -> bool:
        return self._lost.shared[self._index] != 0

    def set(self) -> None:
        self._lost.shared[self._index] = 1

    def clear(self) -> None:
        if self.is_set():
            self._lost.shared[self._index] = 0


def _lock_slot(descriptor: int) -> int:
    """The offset of a slot that this process has until it ends. Raises OSError where all are taken."""
    for number in range(_SLOTS - 1):
        with suppress(BlockingIOError):
            offset = _MARKS + number * _SLOT.size
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, _SLOT.size, offset)
            return offset
    raise BlockingIOError


LOST = LostLines()
