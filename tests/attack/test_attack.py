"""The attacks themselves: an installation of ours withstands all of them, and one that gives in to everything is noticed."""

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from calmboard.settings import Settings
from tests.attack.__main__ import main
from tests.attack.run import ATTACKS, HELD, NOT_HELD, Attack, run_attack, run_attacks
from tests.attack.target import Target
from tests.support.servers.programs import free_port
from tests.support.servers.server import ROOT, running_server
from tests.support.users import TestUser

pytestmark = [pytest.mark.database("sqlite"), pytest.mark.processes, pytest.mark.deep]


_HOLDING = {"Bodies that never come", "Heads that never end", "Idle connections", "Readers that read nothing"}


@pytest.fixture(scope="module")
def gives_in() -> Iterator[Target]:
    with _giving_in() as target:
        yield target


@pytest.fixture(scope="module")
def is_held() -> Iterator[Target]:
    """One that waits for whoever holds it."""
    with _giving_in("--one-at-a-time") as target:
        yield target


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_what_gives_in_is_noticed(gives_in: Target, is_held: Target, attack: Attack) -> None:
    outcome = run_attack(attack, is_held if attack.name in _HOLDING else gives_in)
    assert (outcome.result, outcome.detail) == (NOT_HELD, outcome.detail)


@contextmanager
def _giving_in(*options: str) -> Iterator[Target]:
    command = [sys.executable, "-m", "tests.attack.gives_in", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield Target(f"http://127.0.0.1:{int(process.stdout.readline())}", "a@attack.invalid", "x", "cbk_x")
        process.kill()


@pytest.mark.parametrize("url", ["https://calmboard.example", "http://192.0.2.1:8000"])
def test_another_machine_is_not_attacked_without_a_word(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr("sys.argv", ["attack", url])
    with pytest.raises(SystemExit, match="2"):
        main()


def test_all_are_held(settings: Settings, tmp_path: Path, new_user: Callable[..., TestUser]) -> None:
    port, person, output = free_port(), new_user(), io.StringIO()
    own = replace(settings, instance_dir=tmp_path, port=port, origin=f"http://127.0.0.1:{port}")
    with running_server(own, CALMBOARD_TRUSTED_PROXIES="0") as server:
        assert run_attacks(Target(server.url, person.email, person.password, person.key), output), output.getvalue()
    results = [line[36:48].strip() for line in output.getvalue().splitlines()[1:]]
    assert results == [HELD] * len(ATTACKS), output.getvalue()
