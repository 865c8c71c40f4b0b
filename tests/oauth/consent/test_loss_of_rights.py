"""Connected applications: listed, disconnected, and revoked by a new password and by signing out everywhere."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from calmboard.access.credentials.passwords import create_reset_token
from calmboard.access.oauth.connected_apps import Grant, list_grants, revoke_own_grant
from calmboard.clock import now
from calmboard.db import db
from calmboard.errors import Forbidden, NotFound
from calmboard.ids import new_id
from calmboard.models import OAuthGrant
from calmboard.pagination import PageRequest
from tests.oauth.conftest import CALLBACK, ORIGIN, HostApp
from tests.portal.forms import send
from tests.support.users import TestUser

_NEW = "four unrelated words here"

Make = Callable[..., HostApp]


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def _grants(app: Flask, person: TestUser) -> list[Grant]:
    with app.app_context():
        return list(list_grants(person.access, PageRequest()).rows)


def test_a_connected_application_is_listed_with_what_it_may(app: Flask, host_app: Make, person: TestUser) -> None:
    host_app(person).get_tokens()
    [grant] = _grants(app, person)
    assert (grant.client_name, grant.client_kind, grant.redirect_uris) == ("Stand-up bot", "registered", (CALLBACK,))
    assert grant.scopes == {"projects:read", "tasks:read", "tasks:write"}
    assert (grant.resource, grant.project_ids, grant.last_used_at) == (ORIGIN, None, None)


def test_its_use_is_recorded(app: Flask, host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    application.api(application.get_tokens()["access_token"]).get("/me")
    [grant] = _grants(app, person)
    assert grant.last_used_at
    assert grant.last_used_ip == "127.0.0.1"


def test_what_was_never_redeemed_or_has_run_out_is_not_listed(app: Flask, host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    application.get_code()
    assert _grants(app, person) == []
    application.get_tokens()
    [grant] = _grants(app, person)
    with app.app_context():
        db.session.get_one(OAuthGrant, grant.id).expires_at = now() - timedelta(seconds=1)
        db.session.commit()
    assert _grants(app, person) == []


def test_a_disconnected_application_is_out_at_once(app: Flask, host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    tokens = application.get_tokens()
    [grant] = _grants(app, person)
    with app.app_context():
        revoke_own_grant(person.access, grant.id)
        revoke_own_grant(person.access, grant.id)
    assert _grants(app, person) == []
    _assert_ended(application, tokens)


def test_nobody_disconnects_what_another_connected(app: Flask, host_app: Make, person: TestUser, owner: TestUser) -> None:
    application = host_app(person)
    tokens = application.get_tokens()
    [grant] = _grants(app, person)
    with app.app_context(), pytest.raises(Forbidden):
        revoke_own_grant(owner.access, grant.id)
    with app.app_context(), pytest.raises(NotFound):
        revoke_own_grant(owner.access, new_id("grn"))
    assert application.api(tokens["access_token"]).get("/me").status_code == 200


def test_signing_out_everywhere_disconnects_every_application(host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    tokens = application.get_tokens()
    send(person.sign_in(), "/account", "/account/sign-out-everywhere")
    _assert_ended(application, tokens)


def test_a_new_password_disconnects_every_application(host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    tokens = application.get_tokens()
    form = {"current_password": person.password, "new_password": _NEW}
    assert send(person.sign_in(), "/account", "/account/password", **form).status_code == 303
    _assert_ended(application, tokens)


def test_a_reset_password_disconnects_every_application(app: Flask, host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    tokens = application.get_tokens()
    with app.app_context():
        reset = create_reset_token(person.email)
    assert reset
    path = f"/reset-password/{reset[1]}"
    assert send(app.test_client(), path, path, new_password=_NEW).status_code == 303
    _assert_ended(application, tokens)


def test_signing_out_of_one_browser_disconnects_nothing(host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    tokens = application.get_tokens()
    send(person.sign_in(), "/account", "/sign-out")
    assert application.api(tokens["access_token"]).get("/me").status_code == 200


def test_a_code_that_waits_ends_with_the_rest(host_app: Make, person: TestUser) -> None:
    application = host_app(person)
    code = application.get_code()
    send(person.sign_in(), "/account", "/account/sign-out-everywhere")
    assert application.redeem(code).get_json()["error"] == "invalid_grant"


def _assert_ended(application: HostApp, tokens: dict[str, str]) -> None:
    refused = application.api(tokens["access_token"]).get("/me")
    assert (refused.status_code, refused.json["code"]) == (401, "invalid_token")
    assert application.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
