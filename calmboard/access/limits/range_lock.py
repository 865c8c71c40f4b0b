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
    """Held in a `with` block. The kernel releases it when the process that holds it dies.

    The lock belongs to the open file (fcntl(2), open file description locks), so a forked child
    has to open the file again. Whoever cannot acquire it within half a second, because its holder is
    stopped, gets Unavailable.
    """

    __slots__ = ("_descriptor", "_lock_request", "_thread_lock", "_unlock_request")

    def __init__(self, descriptor: int, start: int, length: int) -> None:
        self._descriptor = descriptor
        self._thread_lock = threading.Lock()  # threads of one process share the open file
        self._lock_request = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
        self._unlock_request = _FLOCK.pack(fcntl.F_UNLCK, os.SEEK_SET, start, length, 0)

    def __enter__(self) -> None:
        if not self._thread_lock.acquire(timeout=_TIMEOUT_S):
            raise Unavailable(retry_after_s=1)
        try:
            self._lock_file()
        except BaseException:
            self._thread_lock.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _fcntl(self._descriptor, fcntl.F_OFD_SETLK, self._unlock_request)
        self._thread_lock.release()

    def _lock_file(self) -> None:
        """Poll until it is granted: the blocking call would wait for a stopped process for ever."""
        deadline_s = 0.0
        while _fcntl(self._descriptor, fcntl.F_OFD_SETLK, self._lock_request) != 0:
            now_s = time.monotonic()
            deadline_s = deadline_s or now_s + _TIMEOUT_S
            if now_s > deadline_s:
                reason = ctypes.get_errno()
                raise Unavailable(retry_after_s=1) from OSError(reason, os.strerror(reason))
            time.sleep(_RETRY_INTERVAL_S)
