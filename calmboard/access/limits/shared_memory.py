"""Counts for one host: a file that every process maps into its memory, exact for each key."""

import mmap
import os
import struct
import time
import weakref
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote, urlsplit

from calmboard.access.limits.fixed_window import FixedWindow
from calmboard.range_lock import RangeLock
from calmboard.settings import SettingsError

# The file is a header and 4096 buckets of 32 slots. A key has its bucket by its digest and any
# slot in it. At 65,536 open windows half of the slots are taken, and 1 bucket in 7,000 overflows.
_HEADER = struct.Struct("<16s16s")  # the name of this layout, a salt
_SLOT = struct.Struct("<16sQQ")  # the key's digest, the end of its window (ms since the epoch), its count
_LAYOUT = b"calmboard-limit1"
_BUCKETS = 4096
_BUCKET_BYTES = 32 * _SLOT.size
_FILE_BYTES = _HEADER.size + _BUCKETS * _BUCKET_BYTES

_SCHEMES = ["calmboard+shm"]


class SharedMemory(FixedWindow):
    """calmboard+shm:///path/to/file: all processes and threads that name the same file count together.

    Counts survive a restart. Time is the host's clock; when it is set back, no window grows.
    """

    STORAGE_SCHEME = _SCHEMES

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self.storage = Path(unquote(urlsplit(uri).path))
        self.storage.parent.mkdir(parents=True, exist_ok=True)
        self._open()
        _stores.add(self)

    def count(self, key: str, window_s: int, amount: int = 1) -> tuple[int, float]:
        digest, bucket = self._bucket_of(key)
        with self._locks[bucket]:
            now_ms = _now_ms()
            latest_end_ms = now_ms + window_s * 1000
            offset, end_ms, hits = self._slot_for(digest, bucket, now_ms)
            hits += amount
            end_ms = min(end_ms or latest_end_ms, latest_end_ms)
            _SLOT.pack_into(self._map, offset, digest, end_ms, hits)
        return hits, (end_ms - now_ms) / 1000

    def give_back(self, key: str) -> None:
        digest, bucket = self._bucket_of(key)
        with self._locks[bucket]:
            offset = self._find(digest, bucket)
            if offset > 0:
                _, end_ms, hits = _SLOT.unpack_from(self._map, offset)
                _SLOT.pack_into(self._map, offset, digest, end_ms, max(0, hits - 1))

    def restart(self, key: str, window_s: int) -> None:
        digest, bucket = self._bucket_of(key)
        with self._locks[bucket]:
            now_ms = _now_ms()
            offset, _, hits = self._slot_for(digest, bucket, now_ms)
            _SLOT.pack_into(self._map, offset, digest, now_ms + window_s * 1000, hits + 1)

    def peek(self, key: str) -> tuple[int, float]:
        digest, bucket = self._bucket_of(key)
        with self._locks[bucket]:
            now_ms = _now_ms()
            offset = self._find(digest, bucket)
            _, end_ms, hits = _SLOT.unpack_from(self._map, offset) if offset > 0 else (b"", 0, 0)
        return (hits, (end_ms - now_ms) / 1000) if end_ms > now_ms else (0, 0.0)

    def clear(self, key: str) -> None:
        digest, bucket = self._bucket_of(key)
        with self._locks[bucket]:
            offset = self._find(digest, bucket)
            if offset > 0:
                self._map[offset : offset + _SLOT.size] = bytes(_SLOT.size)

    def reset(self) -> None:
        for bucket, lock in enumerate(self._locks):
            start = _start(bucket)
            with lock:
                self._map[start : start + _BUCKET_BYTES] = bytes(_BUCKET_BYTES)

    def check(self) -> bool:
        """Whether the file still exists where a process that starts now would open it."""
        try:
            return os.path.samestat(self.storage.stat(), os.fstat(self._descriptor))
        except OSError:
            return False

    def _bucket_of(self, key: str) -> tuple[bytes, int]:
        """The key's digest and the number of its bucket; salted, so that nobody can target a bucket."""
        digest = blake2b(key.encode(errors="surrogatepass"), digest_size=16, key=self._salt).digest()
        return digest, int.from_bytes(digest[:2], "little") % _BUCKETS

    def _find(self, digest: bytes, bucket: int) -> int:
        """The offset of the key's slot, or -1."""
        start = _start(bucket)
        return self._map.find(digest, start, start + _BUCKET_BYTES)

    def _slot_for(self, digest: bytes, bucket: int, now_ms: int) -> tuple[int, int, int]:
        """Offset, end of the window and count from which the key continues; an end of 0 opens a window."""
        offset = self._find(digest, bucket)
        if offset < 0:
            return self._allocate_slot(bucket, now_ms)
        _, end_ms, hits = _SLOT.unpack_from(self._map, offset)
        return (offset, end_ms, hits) if end_ms > now_ms else (offset, 0, 0)

    def _allocate_slot(self, bucket: int, now_ms: int) -> tuple[int, int, int]:
        """A slot whose window is over or, in a full bucket, the one with the smallest count.

        There the new key continues from the count it finds. So a count is never below the key's own
        hits, a busy key keeps its slot, and no flood of new keys resets another key's count.
        """
        start = _start(bucket)
        slots = enumerate(_SLOT.iter_unpack(self._map[start : start + _BUCKET_BYTES]))
        hits, _, number = min((hits if end_ms > now_ms else 0, end_ms, n) for n, (_, end_ms, hits) in slots)
        return start + number * _SLOT.size, 0, hits

    def _open(self) -> None:
        self._descriptor = os.open(self.storage, os.O_RDWR | os.O_CREAT, 0o600)
        self._close = weakref.finalize(self, os.close, self._descriptor)
        with RangeLock(self._descriptor, 0, _HEADER.size):
            self._salt = _read_salt(self._descriptor, self.storage)
        self._map = mmap.mmap(self._descriptor, _FILE_BYTES)
        self._locks = [RangeLock(self._descriptor, _start(b), _BUCKET_BYTES) for b in range(_BUCKETS)]

    def reopen(self) -> None:
        """Leave the open file to the parent process, whose locks would otherwise be the child's too."""
        self._map.close()
        self._close()
        self._open()


def _read_salt(descriptor: int, path: Path) -> bytes:
    """The salt of the file; fills a new file first. Raises SettingsError for a file of another kind."""
    header = os.pread(descriptor, _HEADER.size, 0)
    if not header.strip(b"\0"):
        # A page of the map that the disk has no room for would kill the process on its first hit.
        os.posix_fallocate(descriptor, 0, _FILE_BYTES)
        header = _HEADER.pack(_LAYOUT, os.urandom(16))
        os.pwrite(descriptor, header, 0)
    if not header.startswith(_LAYOUT) or os.fstat(descriptor).st_size != _FILE_BYTES:
        raise SettingsError(f"{path} does not hold the counts of the limiter; move it away and start again.")
    return header[-16:]


def _start(bucket: int) -> int:
    return _HEADER.size + bucket * _BUCKET_BYTES


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


_stores: weakref.WeakSet[SharedMemory] = weakref.WeakSet()


def _reopen_all() -> None:
    for store in list(_stores):
        store.reopen()


os.register_at_fork(after_in_child=_reopen_all)
