"""A state of the pages: who reads, and what brings a page there. Judges and pictures take the same list."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Page

from tests.support.states.readers import with_project
from tests.support.users import TestUser

Visit = Callable[[Page, TestUser], None]


@dataclass(frozen=True)
class State:
    """`reader` makes the person for whom `visit` brings the page there; the page belongs to nobody where not `is_signed_in`.

    `has_examples`: the longest part of the page may differ here, so it is judged too.
    """

    name: str
    visit: Visit
    reader: Callable[[Flask], TestUser] = with_project
    is_signed_in: bool = True
    has_script: bool = True
    has_examples: bool = False

    def __str__(self) -> str:
        return self.name


def at(path: str) -> Visit:
    """The page of this address, as it opens."""

    def visit(page: Page, _reader: TestUser) -> None:
        page.goto(path)

    return visit
