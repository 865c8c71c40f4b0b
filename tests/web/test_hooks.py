"""What runs before and after a request: a call of a program runs nothing that only pages need."""

import sys
from types import FrameType
from typing import Any

import pytest
from flask import Flask

from tests.support.clients.agent import Agent
from tests.support.users import TestUser

_EXTENSIONS = ("flask_limiter", "flask_login", "flask_wtf")

pytestmark = pytest.mark.database("sqlite")


class _Calls:
    """The packages of extensions whose functions are run meanwhile."""

    def __enter__(self) -> set[str]:
        self.packages: set[str] = set()
        sys.setprofile(self._note)
        return self.packages

    def __exit__(self, *_error: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _argument: Any) -> None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if event == "call" and package in _EXTENSIONS:
            self.packages.add(package)


def test_a_call_of_the_api_runs_no_hook_of_the_pages(app: Flask, owner: TestUser) -> None:
    client, headers = app.test_client(), {"Authorization": f"Bearer {owner.key}"}
    with _Calls() as packages:
        answer = client.get("/api/v1/projects", headers=headers)
    assert answer.status_code == 200
    assert packages == set()


def test_a_call_of_a_tool_runs_no_hook_of_the_pages(app: Flask, owner: TestUser) -> None:
    agent = Agent(app, owner.key)
    with _Calls() as packages:
        agent.structured("list_projects")
    assert packages == set()


def test_a_page_runs_them(owner: TestUser) -> None:
    browser = owner.sign_in()
    with _Calls() as packages:
        assert browser.get("/account").status_code == 200
    assert packages == set(_EXTENSIONS)
