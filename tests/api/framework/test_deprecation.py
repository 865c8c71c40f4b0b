"""A deprecated endpoint says so in every answer, in OpenAPI and in the reference."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from api.docs.catalogue import catalogue
from api.docs.openapi import OPENAPI, openapi_document
from api.framework.deprecation import Deprecation
from api.framework.describe import describe
from api.shapes.values import Person
from calmboard.access.access import Access
from tests.support.users import TestUser

_HEADERS = {
    "Deprecation": "@1767225600",
    "Sunset": "Thu, 01 Jan 2026 12:00:00 GMT",
    "Link": '<https://calmboard.example/api/v1/me>; rel="successor-version"',
}


@describe(
    "Say who I was",
    Person,
    deprecation=Deprecation(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC), "/api/v1/me"),
)
def read_former_me(access: Access) -> object:
    """Who the credential stood for."""
    return access.user


@pytest.fixture
def old_app(make_app: Callable[..., Flask]) -> Flask:
    """An app with one deprecated endpoint."""
    app = make_app(origin="https://calmboard.example")
    bp = Blueprint("me", __name__)
    bp.get("/api/v1/former-me")(read_former_me)
    outer = Blueprint("old", __name__)
    outer.register_blueprint(bp)
    app.register_blueprint(outer)
    OPENAPI.drop(app)
    return app


def test_every_answer_names_its_sunset_and_its_successor(old_app: Flask, owner: TestUser) -> None:
    client = FlaskClient(old_app)
    base_url = "https://calmboard.example"
    key = {"Authorization": f"Bearer {owner.key}"}
    good = old_app.test_client().get("/api/v1/former-me", base_url=base_url, headers=key)
    bad = client.get("/api/v1/former-me", base_url=base_url)
    assert (good.status_code, bad.status_code) == (200, 401)
    for name, value in _HEADERS.items():
        assert good.headers[name] == value
        assert bad.headers[name] == value


def test_openapi_and_the_catalogue_mark_it(old_app: Flask) -> None:
    assert openapi_document(old_app)["paths"]["/api/v1/former-me"]["get"]["deprecated"] is True
    endpoints = {endpoint["name"]: endpoint for noun in catalogue(old_app) for endpoint in noun["endpoints"]}
    old = endpoints["read_former_me"]
    assert (old["deprecated_at"], old["sunset_at"], old["successor"]) == ("2026-01-01", "2026-01-01", "/api/v1/me")
    assert endpoints["read_me"]["deprecated_at"] is None
