"""The app is Flask, but for what no view here uses; each override gives what Flask's own gives, or this fails."""

from typing import Any

import pytest
from flask import Flask, Request
from flask.sessions import SecureCookieSession
from werkzeug.test import EnvironBuilder

from tests.support.users import SESSION_COOKIE, TestUser

pytestmark = pytest.mark.database("sqlite")

_PATHS = ["/", "/integrations?keys_after=1&q=a%20b", "/api/v1/tasks/tsk_%C3%A4/x", "/a//b", "/mcp", "/api/v1/bulk?x=%2F"]
_HOSTS = ["http://127.0.0.1:8000", "http://localhost", "https://calmboard.example", "https://calmboard.example:443"]


@pytest.mark.parametrize("base_url", _HOSTS)
@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_routes_are_found_as_flask_finds_them(app: Flask, base_url: str, path: str, method: str) -> None:
    environ = EnvironBuilder(path, base_url, method=method).get_environ()
    with app.app_context():
        ours, flasks = app.create_url_adapter(Request(environ)), Flask.create_url_adapter(app, Request(environ))
    assert ours is not None
    assert flasks is not None
    assert _seen(ours) == _seen(flasks)
    assert _match(ours) == _match(flasks)


def test_links_outside_a_request_are_made_as_flask_makes_them(app: Flask) -> None:
    app.config["SERVER_NAME"] = "calmboard.example"
    try:
        ours, flasks = app.create_url_adapter(None), Flask.create_url_adapter(app, None)
    finally:
        app.config["SERVER_NAME"] = None
    assert ours is not None
    assert flasks is not None
    assert _seen(ours) == _seen(flasks)


def test_views_are_run_as_flask_runs_them(app: Flask) -> None:
    assert all(app.ensure_sync(view) is Flask.ensure_sync(app, view) for view in app.view_functions.values())


@pytest.mark.parametrize(
    ("path", "is_read"), [("/integrations", True), ("/api/v1/me", False), ("/mcp", False), ("/api/oauth/authorize", True)]
)
def test_a_cookie_is_read_for_people_alone(app: Flask, owner: TestUser, path: str, is_read: bool) -> None:
    environ = EnvironBuilder(path, headers=[("Cookie", f"{SESSION_COOKIE}={owner.session_cookie}")]).get_environ()
    session = app.session_interface.open_session(app, Request(environ))
    assert isinstance(session, SecureCookieSession) == is_read


def test_an_answer_to_a_program_sets_no_cookie(app: Flask, owner: TestUser) -> None:
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {owner.key}"})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def _seen(adapter: Any) -> dict[str, Any]:
    """What an adapter knows of the request."""
    return {name: value for name, value in vars(adapter).items() if name not in ("map", "websocket")}


def _match(adapter: Any) -> Any:
    try:
        return adapter.match()
    except Exception as error:
        return type(error), getattr(error, "new_url", None)
