"""Lines go whole or not at all; what was torn all the same never runs into the next line."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from calmboard.logs import lost_lines, read_lost_lines, write_line
from calmboard.logs.lines import Lines
from calmboard.logs.lost import LostLines
from tests.support.servers.outputs import Pipe, opened_pipe

pytestmark = pytest.mark.database("sqlite")


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    with opened_pipe() as pipe:
        yield pipe


def test_a_long_text_goes_in_whole_lines_and_a_longer_line_is_cut(pipe: Pipe) -> None:
    lost = LostLines()
    with os.fdopen(os.dup(pipe.writer), "w") as output:
        lines = [f"{number} " + "é" * 300 for number in range(20)]
        Lines(output, lost).write("\n".join([*lines, "y" * 5000]) + "\n")
    *read, longest = pipe.read()
    assert (read, longest[:9], longest[-1], lost.read().count) == (lines, "y" * 9, "…", 0)


def test_half_a_line_is_ended_before_the_next(pipe: Pipe) -> None:
    ours, theirs = socket.socketpair()
    lost = LostLines()
    with ours, theirs, os.fdopen(os.dup(ours.fileno()), "w") as output:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        lines = Lines(output, lost)
        while lost.read().count == 0:
            lines.write("z" * 4000 + "\n")
        theirs.setblocking(False)
        read = theirs.recv(10_000_000)
        lines.write("the next\n")
        read += theirs.recv(10_000)
    assert read.splitlines()[-1] == b"the next"
    assert lost.read().count == 1


def test_a_closed_output_loses_all_and_raises_nothing() -> None:
    lost = LostLines()
    assert Lines(None, lost).write("one\ntwo\n") == 8
    assert lost.read().count == 2


def test_where_no_count_can_be_shared_a_process_counts_alone(tmp_path: Path) -> None:
    lost = LostLines()
    lost.share(tmp_path / "nowhere" / "log-lines-lost")
    lost.add(3)
    assert lost.read().count == 3


def test_what_is_counted_outlives_its_process(tmp_path: Path) -> None:
    before, after = LostLines(), LostLines()
    before.share(tmp_path / "log-lines-lost")
    before.add(2)
    after.share(tmp_path / "log-lines-lost")
    after.add(1)
    assert after.read().count == 3
    assert after.read().last_at is not None


def test_another_servers_output_that_fails_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    before = lost_lines().count
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        write_line(b"lost\n")
        monkeypatch.undo()
        with suppress(OSError):
            full.close()
    assert lost_lines().count == before + 1


def test_a_program_outlives_its_reader_and_its_lines_are_counted(tmp_path: Path) -> None:
    code = (
        "import logging, pathlib, sys; from calmboard import logs; logs.install(pathlib.Path(sys.argv[1]));"
        "logs.write_line(b'one\\n'); sys.stdout.write('two\\n'); logging.warning('three');"
        "raise SystemExit(logs.lost_lines().count)"
    )
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(command, stdout=writer, stderr=writer, check=False).returncode == 3
    os.close(writer)
    assert read_lost_lines(tmp_path).count == 3
