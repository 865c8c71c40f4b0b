"""A lock on some bytes of a file, between threads and between processes."""

import ctypes
import fcntl
import os
import struct
import threading
import time
from types import TracebackType

from calmboard.errors import Unavailable

_PATIENCE_S = 0.5
_PAUSE_S = 0.0001

_FLOCK = struct.Struct("hhqqi0q")  # struct flock of fcntl(2): type, whence, start, length, pid

# fcntl.fcntl gives up the GIL: any busy thread would then run for its 5 ms while this one holds
# the lock, and every other process would wait for it. A call through PyDLL keeps the GIL.
_fcntl = ctypes.PyDLL(None, use_errno=True).fcntl
_fcntl.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_char_p)


class RangeLock:
    """Held in a `with` block. The kernel lifts it when the process that holds it dies.

    The lock belongs to the open file (fcntl(2), open file description locks), so a forked child
    has to open the file anew. Whoever cannot get it within half a second, because its holder is
    stopped, gets Unavailable.
    """

    __slots__ = ("_descriptor", "_free", "_own", "_thread")

    def __init__(self, descriptor: int, start: int, length: int) -> None:
        self._descriptor = descriptor
        self._thread = threading.Lock()  # threads of one process share the open file
        self._own = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
        self._free = _FLOCK.pack(fcntl.F_UNLCK, os.SEEK_SET, start, length, 0)

    def __enter__(self) -> None:
        if not self._thread.acquire(timeout=_PATIENCE_S):
            raise Unavailable(retry_after_s=1)
        try:
            self._keep_out_processes()
        except BaseException:
            self._thread.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _fcntl(self._descriptor, fcntl.F_OFD_SETLK, self._free)
        self._thread.release()

    def _keep_out_processes(self) -> None:
        """Ask until it is granted: the call that waits would wait for a stopped process for ever."""
        give_up_at_s = 0.0
        while _fcntl(self._descriptor, fcntl.F_OFD_SETLK, self._own) != 0:
            now_s = time.monotonic()
            give_up_at_s = give_up_at_s or now_s + _PATIENCE_S
            if now_s > give_up_at_s:
                reason = ctypes.get_errno()
                raise Unavailable(retry_after_s=1) from OSError(reason, os.strerror(reason))
            time.sleep(_PAUSE_S)
