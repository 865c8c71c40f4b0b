"""An application that a person connected."""

from typing import Any

from flask import Flask

from tests.oauth.conftest import HostApp, register
from tests.support.users import TestUser


def connect(app: Flask, person: TestUser) -> dict[str, Any]:
    """Authorize an application, and use it once."""
    body = register(app).get_json()
    application = HostApp(app, person.sign_in(), body["client_id"], body)
    tokens = application.get_tokens()
    assert application.api(tokens["access_token"]).get("/projects").status_code == 200
    return tokens
