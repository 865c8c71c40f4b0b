"""`make run` as a new user meets it: one command starts everything, one signal ends it, and the data stays."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.servers.programs import find_program, free_port, wait_until
from tests.support.servers.server import ROOT, answers, outside_environment, stop

pytestmark = pytest.mark.processes


@dataclass(frozen=True)
class Instance:
    """Where a run keeps its data and answers, with nothing else set."""

    instance_dir: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return outside_environment() | {"PORT": str(self.port), "CALMBOARD_INSTANCE_DIR": str(self.instance_dir)}

    def processes(self) -> list[str]:
        """What runs with this instance's data, whoever started it."""
        mark = f"CALMBOARD_INSTANCE_DIR={self.instance_dir}".encode()
        return [process.name for process in Path("/proc").glob("[0-9]*") if mark in _environ(process)]


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path / "instance", free_port())


def test_it_starts_says_how_to_sign_in_ends_on_a_signal_and_keeps_the_data(instance: Instance) -> None:
    with run(instance) as (process, output):
        first_words = printed(output)
        add_person(instance)
        process.send_signal(signal.SIGTERM)
        process.wait(15)
        assert instance.processes() == []
    with run(instance) as (process, output):
        assert printed(output) == first_words
        assert "has ada@calmboard.test already" in add_person(instance)
        os.killpg(process.pid, signal.SIGINT)
        process.wait(15)
        assert instance.processes() == []


def test_a_port_that_is_taken_is_said_in_a_sentence(instance: Instance) -> None:
    with run(instance):
        second = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "serve"],
            cwd=ROOT,
            env=instance.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert second.returncode != 0
    assert str(instance.port) in second.stderr
    assert "Traceback" not in second.stderr


def test_a_setting_that_cannot_be_used_stops_the_start(instance: Instance) -> None:
    environment = instance.environment | {"CALMBOARD_RATE_PRO": "plenty"}
    refused = subprocess.run(["make", "run"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode != 0
    assert "CALMBOARD_RATE_PRO is “plenty”" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_directory_that_cannot_be_written_is_a_sentence() -> None:
    environment = outside_environment() | {"CALMBOARD_INSTANCE_DIR": "/sys/calmboard"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    refused = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode != 0
    assert refused.stderr.startswith("CalmBoard cannot write /sys/calmboard: ")
    assert "CALMBOARD_INSTANCE_DIR" in refused.stderr
    assert "Traceback" not in refused.stderr


@contextmanager
def run(instance: Instance) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start it as a person would, and wait until it answers."""
    output = instance.instance_dir.with_suffix(".log")
    with output.open("wb") as log:
        process = subprocess.Popen(
            [find_program("make", "make"), "run"],
            cwd=ROOT,
            env=instance.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(f"{instance.url}/readyz", process) and "Ctrl-C" in output.read_text(), "make run", within_s=60)
        yield process, output
    finally:
        stop(process)


def printed(output: Path) -> tuple[str, str]:
    """The address and the password that were printed for the demo's owner."""
    text = output.read_text()
    address = re.search(r"http://127\.0\.0\.1:\d+", text)
    password = re.search(r"owner@calmboard\.test\s+Password\s+(\S+)", text)
    assert address, text
    assert password, text
    return address[0], password[1]


def add_person(instance: Instance) -> str:
    """Add somebody by the operator's command; returns its output."""
    arguments = ["people", "add", "ada@calmboard.test", "--name", "Ada", "--password", "quiet-harbour-seven", "--plan", "pro"]
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=instance.environment, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr


def _environ(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:  # it ended meanwhile, or is another user's
        return b""
