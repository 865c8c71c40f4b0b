"""The callback URLs of a person's own client, and the page about them."""

import re
from html import unescape

from flask import Flask

from calmboard.access.oauth.clients import own_client
from tests.support.users import TestUser

ORIGIN = "http://127.0.0.1:8000"
PLAYGROUND_URL = f"{ORIGIN}/oauth/callback"
SAVE_PATH = "/integrations/oauth/callbacks"


def callbacks_of(app: Flask, person: TestUser) -> tuple[str, ...]:
    with app.app_context():
        return own_client(person.person, ORIGIN).redirect_uris


def shown_callbacks(page: str) -> list[str]:
    """The values of the fields, a callback in each."""
    return [unescape(value) for value in re.findall(r'<input [^>]*name="callbacks" value="(.*?)"', page)]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))
