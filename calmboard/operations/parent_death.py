"""Processes that end with the one that started them, however that ends."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1  # prctl(2); Linux alone has it
_LIBC = ctypes.CDLL(None)


def end_with_parent(parent_pid: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Let the kernel send this process a signal when its parent is gone, as after SIGKILL, which nobody can pass on.

    For the child itself to call, with the parent as it was when the child was started: it may be gone by now.
    """
    if not hasattr(_LIBC, "prctl"):
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), number)
