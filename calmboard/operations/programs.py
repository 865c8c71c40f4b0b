"""The programs of the product as processes: started, started again where that may help, and ended in order."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click

from calmboard.errors import InternalError
from calmboard.operations.parent_death import end_with_parent

_ROOT = Path(__file__).parents[2]
_SHUTDOWN_TIMEOUT_S = 10
# So many deaths in that time end all.
_MOST_DEATHS, _WITHIN_S = 5, 300


@dataclass
class Program:
    """One program: `meanwhile` says what its absence means, and None that nothing goes on without it.

    One that ends by itself starts again after a pause, which is twice as long each time.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str]
    meanwhile: str | None = None
    first_pause_s: float = 1
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _died_at: list[float] = field(default_factory=list, init=False)
    _start_at: float = field(default=0.0, init=False)

    def keep_running(self) -> None:
        """Start it, for the first time or again; to be called over and over.

        Raises InternalError where it ended by itself and nothing goes on without it, or too often.
        """
        if self._process is not None and (code := self._process.poll()) is not None:
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
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.1, deadline_s - time.monotonic()))
        _kill_group(self._process)
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        # In a group of its own, so that Ctrl-C reaches the parent alone, which then ends its programs in order.
        return subprocess.Popen(
            self.command,
            cwd=_ROOT,
            env=self.environment,
            process_group=0,
            preexec_fn=partial(end_with_parent, os.getpid()),
        )

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


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def end_all(programs: list[Program]) -> None:
    """Terminate all, and after a timeout kill those that did not exit."""
    for program in programs:
        program.terminate()
    deadline_s = time.monotonic() + _SHUTDOWN_TIMEOUT_S
    for program in programs:
        program.wait_or_kill(deadline_s)
