"""A person with an empty board and a key, and the recipes as the real server shows them to that person."""

import html
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from calmboard.access.secret_format import digest
from calmboard.db import db
from calmboard.models import ApiKey
from tests.support.servers.server import Server
from tests.support.users import SESSION_COOKIE, ProjectAndBoard, TestUser

_CODE = r'<code id="{}-(\w+)">(.*?)</code>'
_BREAKS = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class RecipeRunner:
    """A person who follows a recipe with a key."""

    person: TestUser
    project: ProjectAndBoard
    server: Server
    directory: Path
    key: str

    def with_rights(self, *scopes: str) -> "RecipeRunner":
        """The same with a key that has these rights alone."""
        return replace(self, key=self.person.new_key(f"With {' '.join(sorted(scopes))}"[:80], *scopes))

    @property
    def key_status(self) -> int | None:
        """What the last request by the key was answered."""
        with self.person.app.app_context():
            statement = select(ApiKey.last_used_status).where(ApiKey.digest == digest(self.key))
            status: int | None = db.session.execute(statement).scalar()
            return status

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
    return RecipeRunner(person, new_project(person), server, tmp_path, person.key)
