"""A program that ends by itself is started again, and ends all where it does so over and over."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from calmboard.errors import InternalError
from calmboard.operations.programs import Program, end_all
from tests.support.servers.programs import wait_until

pytestmark = pytest.mark.database("sqlite")


def program(run: Callable[[], None], meanwhile: str | None = "Mails wait.") -> Program:
    return Program("worker", run, meanwhile, first_pause_s=0.01)


def leave() -> None:
    raise SystemExit(3)


def keep_running_for_ever(kept: Program) -> None:
    while True:
        kept.keep_running()
        time.sleep(0.01)


def test_one_that_ends_again_and_again_ends_all(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InternalError, match="exit code 3, for the 5th time in 5 minutes, so everything was ended"):
        keep_running_for_ever(program(leave))
    assert capsys.readouterr().err.count("It starts again in") == 4


def test_one_that_nothing_goes_on_without_ends_all_at_once() -> None:
    with pytest.raises(InternalError, match="exit code 3, so everything was ended"):
        keep_running_for_ever(program(leave, meanwhile=None))


def test_one_that_lives_is_left_alone_and_ended_in_the_end(tmp_path: Path) -> None:
    started = tmp_path / "started"

    def live() -> None:
        started.touch()
        time.sleep(60)

    lives = program(live)
    for _ in range(3):
        lives.keep_running()
    wait_until(started.exists, "The program")
    started.unlink()
    lives.keep_running()
    end_all([lives, program(leave)])
    lives.keep_running()
    assert not started.exists(), "its end is noted, and it waits before it starts again"


def test_it_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    child = (
        "import os, time; from calmboard.operations.parent_death import end_with_parent; end_with_parent(os.getppid());"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}}\\n'); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])", child]
    )
    wait_until(lambda: pids.exists() and pids.read_text().endswith("\n"), "The child")
    process = Path("/proc") / pids.read_text().strip()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not process.exists() or ") Z " in (process / "stat").read_text(), "Its end")


def test_one_whose_parent_is_gone_already_ends_at_once() -> None:
    code = "from calmboard.operations.parent_death import end_with_parent; end_with_parent(-1); raise SystemExit(3)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGTERM
