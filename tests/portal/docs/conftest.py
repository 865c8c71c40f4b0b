"""A person with an empty board and a key, and the recipes as the real server shows them to that person."""

import html
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.server import Server
from tests.support.users import SESSION_COOKIE, ProjectAndBoard, TestUser

_CODE = r'<code id="{}-(\w+)">(.*?)</code>'
_BREAKS = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class RecipeRunner:
    """A person who follows a recipe."""

    person: TestUser
    project: ProjectAndBoard
    server: Server
    directory: Path

    @property
    def key(self) -> str:
        return self.person.key

    def page(self, path: str) -> str:
        """The page's HTML, as the signed-in person gets it."""
        request = urllib.request.Request(
            self.server.url + path, headers={"Cookie": f"{SESSION_COOKIE}={self.person.session_cookie}"}
        )
        with urllib.request.urlopen(request) as answer:
            text: str = answer.read().decode()
        return text

    def codes(self, slug: str) -> dict[str, str]:
        """What the recipe's page has to copy, by kind, exactly as a copy button copies it."""
        found = re.findall(_CODE.format(slug), self.page(f"/docs/recipes/{slug}"), re.DOTALL)
        return {kind: html.unescape(_BREAKS.sub("", code)) for kind, code in found}

    def tasks(self) -> list[dict[str, Any]]:
        answer = self.person.api.get(f"/boards/{self.project.board_id}/tasks")
        tasks: list[dict[str, Any]] = answer.json["data"]
        return tasks


@pytest.fixture
def recipe_runner(
    new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard], server: Server, tmp_path: Path
) -> RecipeRunner:
    person = new_user()
    return RecipeRunner(person, new_project(person), server, tmp_path)
