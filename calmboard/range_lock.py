"""A lock on some bytes of a file, between threads and between processes."""

import ctypes
import fcntl
import os
import struct
import threading
import time
from types import TracebackType

from calmboard.errors import Unavailable

_TIMEOUT_S = 0.5
_RETRY_INTERVAL_S = 0.0001

_FLOCK = struct.Struct("hhqqi0q")  # struct flock of fcntl(2): type, whence, start, length, pid

# fcntl.fcntl gives up the GIL: any busy thread would then run for its 5 ms while this one holds
# the lock, and every other process would wait for it. A call through PyDLL keeps the GIL.
_fcntl = ctypes.PyDLL(None, use_errno=True).fcntl
_fcntl.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_char_p)


class RangeLock:
    """Held in a `with` block, or from `acquire` to `release`. The kernel releases it when the process that holds it dies.

    The lock belongs to the open file (fcntl(2), open file description locks), so a forked child
    has to open the file again. A block that cannot begin within half a second, because the holder is
    stopped, raises Unavailable.
    """

    __slots__ = ("_descriptor", "_lock_request", "_retry_interval_s", "_thread_lock", "_unlock_request")

    def __init__(self, descriptor: int, start: int, length: int, retry_interval_s: float = _RETRY_INTERVAL_S) -> None:
        self._descriptor = descriptor
        self._retry_interval_s = retry_interval_s
        self._thread_lock = threading.Lock()  # threads of one process share the open file
        self._lock_request = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
        self._unlock_request = _FLOCK.pack(fcntl.F_UNLCK, os.SEEK_SET, start, length, 0)

    def __enter__(self) -> None:
        if not self.acquire(_TIMEOUT_S):
            reason = ctypes.get_errno()
            raise Unavailable(retry_after_s=1) from OSError(reason, os.strerror(reason))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()

    def acquire(self, timeout_s: float) -> bool:
        """Whether it was acquired within these seconds, from other threads and then from other processes."""
        if not self._thread_lock.acquire(timeout=max(0.0, timeout_s)):
            return False
        try:
            is_locked = self._lock_file(timeout_s)
        except BaseException:
            self._thread_lock.release()
            raise
        if not is_locked:
            self._thread_lock.release()
        return is_locked

    def release(self) -> None:
        _fcntl(self._descriptor, fcntl.F_OFD_SETLK, self._unlock_request)
        self._thread_lock.release()

    def _lock_file(self, timeout_s: float) -> bool:
        """Poll until it is granted: the blocking call would wait for a stopped process for ever."""
        deadline_s = 0.0
        while _fcntl(self._descriptor, fcntl.F_OFD_SETLK, self._lock_request) != 0:
            now_s = time.monotonic()
            deadline_s = deadline_s or now_s + timeout_s
            if now_s > deadline_s:
                return False
            time.sleep(self._retry_interval_s)
        return True
