"""The programs of the product as processes: started, started again where that may help, and ended in order."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path

import click

from calmboard.errors import InternalError
from calmboard.operations.parent_death import end_with_parent

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHUTDOWN_TIMEOUT_S = 10
_forking = get_context("fork")
# So many deaths in that time end all.
_MOST_DEATHS, _WITHIN_S = 5, 300


@dataclass
class Program:
    """One program, forked from this process: `meanwhile` says what its absence means, and None that nothing goes on without it.

    One that ends by itself starts again after a pause, which is twice as long each time.
    """

    name: str
    run: Callable[[], None]
    meanwhile: str | None = None
    first_pause_s: float = 1
    _process: ForkProcess | None = field(default=None, init=False)
    _died_at: list[float] = field(default_factory=list, init=False)
    _start_at: float = field(default=0.0, init=False)

    def keep_running(self) -> None:
        """Start it, for the first time or again; to be called over and over.

        Raises InternalError where it ended by itself and nothing goes on without it, or too often.
        """
        if self._process is not None and (code := self._process.exitcode) is not None:
            _kill_group(self._process)
            self._process = None
            self._note_death(code)
        if self._process is None and time.monotonic() >= self._start_at:
            self._process = self._start()

    def terminate(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def wait_or_kill(self, deadline_s: float) -> None:
        """Wait for its end until the deadline, in monotonic seconds, then kill it with all that it started."""
        if self._process is None:
            return
        self._process.join(max(0.1, deadline_s - time.monotonic()))
        _kill_group(self._process)
        self._process.join()

    def _start(self) -> ForkProcess:
        process = _forking.Process(target=_run, args=(self.run, self.name, os.getpid()), name=self.name)
        # A signal that comes before the child has handlers of its own waits until then.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)
        return process

    def _note_death(self, code: int) -> None:
        at = time.monotonic()
        self._died_at = [*(died_at for died_at in self._died_at if died_at > at - _WITHIN_S), at]
        ended = f"The {self.name} ended by itself with exit code {code}"
        if self.meanwhile is None:
            raise InternalError(f"{ended}, so everything was ended.")
        if len(self._died_at) >= _MOST_DEATHS:
            raise InternalError(f"{ended}, for the {_MOST_DEATHS}th time in {_WITHIN_S // 60} minutes, so everything was ended.")
        pause_s = self.first_pause_s * 2 ** (len(self._died_at) - 1)
        self._start_at = at + pause_s
        with suppress(OSError):  # nobody may be reading
            click.echo(f"{ended}. It starts again in {pause_s:g} s. {self.meanwhile}", err=True)


def _run(program: Callable[[], None], name: str, parent_pid: int) -> None:
    """In the child: in a group of its own, so that Ctrl-C reaches the parent alone, which then ends its programs in order."""
    os.setpgid(0, 0)
    show_as(name)
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)
    end_with_parent(parent_pid)
    program()


def show_as(name: str) -> None:
    """Let this process be told from others, as far as the system has a place for its name."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name)


def _kill_group(process: ForkProcess) -> None:
    """It may not have had the time to make its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.kill()


def end_all(programs: list[Program]) -> None:
    """Terminate all, and after a timeout kill those that did not exit."""
    for program in programs:
        program.terminate()
    deadline_s = time.monotonic() + _SHUTDOWN_TIMEOUT_S
    for program in programs:
        program.wait_or_kill(deadline_s)
