"""What applications are granted and lose: each leaves one entry, with who made it so."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from calmboard.access.secret_format import digest
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import OAuthRefreshToken
from tests.oauth.conftest import CALLBACK, ORIGIN, HostApp, register
from tests.portal.forms import send
from tests.support.audit import audit_entries, audited_actions
from tests.support.users import Api, TestUser, csrf_token

Make = Callable[..., HostApp]


@pytest.fixture
def application(host_app: Make, owner: TestUser) -> HostApp:
    return host_app(owner)


def grant_actions(app: Flask, person: TestUser) -> list[str]:
    return audited_actions(app, user_id=person.person.id, subject_kind="grant")


def test_a_consent_is_recorded_with_what_was_granted(app: Flask, application: HostApp, owner: TestUser) -> None:
    application.decide("deny")
    application.get_tokens()
    [entry] = audit_entries(app, user_id=owner.person.id, subject_kind="grant")
    assert (entry.action, entry.source, entry.actor_id) == ("grant.created", "session", owner.person.id)
    assert entry.details == {
        "client_id": application.client_id,
        "client_name": "Stand-up bot",
        "scopes": ["projects:read", "tasks:read", "tasks:write"],
        "project_ids": None,
        "resource": ORIGIN,
        "session_id": None,
    }


def test_a_refresh_and_the_use_of_a_token_leave_no_entry(app: Flask, application: HostApp, owner: TestUser) -> None:
    tokens = application.get_tokens()
    application.refresh(tokens["refresh_token"])
    application.api(tokens["access_token"]).get("/me")
    assert grant_actions(app, owner) == ["grant.created"]


def test_who_disconnects_an_application_is_recorded_once(app: Flask, application: HostApp, owner: TestUser) -> None:
    application.get_tokens()
    [granted] = audit_entries(app, user_id=owner.person.id, subject_kind="grant")
    for _ in range(2):
        send(application.browser, "/account", f"/integrations/apps/{granted.subject_id}/disconnect")
    _, ended = audit_entries(app, subject_id=granted.subject_id)
    assert (ended.action, ended.source, ended.actor_id) == ("grant.ended", "session", owner.person.id)
    assert ended.details == {"client_id": application.client_id, "client_name": "Stand-up bot", "reason": "disconnected"}


def test_a_code_that_is_used_twice_is_recorded_once(app: Flask, application: HostApp, owner: TestUser) -> None:
    code = application.get_code()
    for _ in range(3):
        application.redeem(code)
    _, ended = audit_entries(app, user_id=owner.person.id, subject_kind="grant")
    assert (ended.action, ended.source, ended.actor_id, ended.details["reason"]) == ("grant.ended", "client", None, "code_reused")


def test_a_refresh_token_that_is_used_too_late_is_recorded_once(app: Flask, application: HostApp, owner: TestUser) -> None:
    old = application.get_tokens()["refresh_token"]
    application.refresh(old)
    with app.app_context():
        late = update(OAuthRefreshToken).where(OAuthRefreshToken.digest == digest(old))
        db.session.execute(late.values(rotated_at=now() - timedelta(seconds=61)))
        db.session.commit()
    for _ in range(2):
        assert application.refresh(old).status_code == 400
    _, ended = audit_entries(app, user_id=owner.person.id, subject_kind="grant")
    assert (ended.action, ended.source, ended.details["reason"]) == ("grant.ended", "client", "refresh_token_reused")


def test_what_an_application_revokes_is_recorded_once(app: Flask, application: HostApp, owner: TestUser) -> None:
    tokens = application.get_tokens()
    for token in ("access_token", "access_token", "refresh_token", "refresh_token"):
        form = {"client_id": application.client_id, "token": tokens[token]}
        assert app.test_client().post("/api/oauth/revoke", data=form).status_code == 200
    _, *entries = audit_entries(app, user_id=owner.person.id, subject_kind="grant")
    assert [(entry.action, entry.source) for entry in entries] == [("access_token.revoked", "client"), ("grant.ended", "client")]
    assert entries[1].details["reason"] == "revoked"


def test_another_applications_token_leaves_no_entry(app: Flask, host_app: Make, application: HostApp, owner: TestUser) -> None:
    tokens = application.get_tokens()
    for token in ("access_token", "refresh_token"):
        form = {"client_id": host_app(owner).client_id, "token": tokens[token]}
        app.test_client().post("/api/oauth/revoke", data=form)
    assert grant_actions(app, owner) == ["grant.created"]


def test_signing_out_everywhere_ends_each_grant_in_the_log(app: Flask, application: HostApp, owner: TestUser) -> None:
    application.get_tokens()
    application.get_tokens()
    send(application.browser, "/account", "/account/sign-out-everywhere")
    ended = audit_entries(app, user_id=owner.person.id, action="grant.ended")
    assert len({entry.subject_id for entry in ended}) == len(ended) == 2
    assert {(entry.actor_id, entry.details["reason"]) for entry in ended} == {(owner.person.id, "signed_out_everywhere")}


def test_a_registration_is_recorded_changed_and_deleted_with_its_grants(
    app: Flask, application: HostApp, owner: TestUser
) -> None:
    application.get_tokens()
    path, auth = (
        f"/api/oauth/register/{application.client_id}",
        {"Authorization": f"Bearer {application.registration['registration_access_token']}"},
    )
    changed = {"client_id": application.client_id, "client_name": "Sit-down bot", "redirect_uris": [f"{CALLBACK}/2"]}
    assert app.test_client().put(path, json=changed, headers=auth).status_code == 200
    statuses = [app.test_client().delete(path, headers=auth).status_code for _ in range(2)]
    entries = audit_entries(app, subject_id=application.client_id)
    assert statuses == [204, 401]
    assert [(entry.action, entry.source, entry.user_id) for entry in entries] == [
        ("client.registered", "client", None),
        ("client.changed", "client", None),
        ("client.deleted", "client", None),
    ]
    assert entries[1].details == {"name": "Sit-down bot", "redirect_uris": [f"{CALLBACK}/2"]}
    [ended] = audit_entries(app, user_id=owner.person.id, action="grant.ended")
    assert (ended.details["reason"], ended.details["client_id"]) == ("client_deleted", application.client_id)


def test_a_registration_that_is_refused_leaves_no_entry(app: Flask, application: HostApp) -> None:
    before = len(audit_entries(app, subject_kind="client"))
    assert register(app, redirect_uris=["http://a.example/"]).status_code == 400
    auth = {"Authorization": "Bearer cbm_wrong"}
    assert app.test_client().delete(f"/api/oauth/register/{application.client_id}", headers=auth).status_code == 401
    assert len(audit_entries(app, subject_kind="client")) == before


def test_new_callbacks_of_ones_own_client_are_recorded_with_those_before(app: Flask, owner: TestUser) -> None:
    browser = owner.sign_in()
    for text in ("https://a.example/cb", "http://public.example/cb"):
        token = csrf_token(browser.get("/integrations"))
        browser.post("/integrations/oauth/callbacks", data={"csrf_token": token, "callbacks": text})
    [entry] = audit_entries(app, user_id=owner.person.id, action="client.changed")
    assert (entry.source, entry.actor_id) == ("session", owner.person.id)
    assert (entry.details["redirect_uris"], entry.details["before"]) == (["https://a.example/cb"], [f"{ORIGIN}/oauth/callback"])


def test_what_a_session_token_grants_names_its_session(app: Flask, application: HostApp, owner: TestUser) -> None:
    credentials = {"email": owner.email, "password": owner.password}
    opened = app.test_client().post("/api/auth/session", json=credentials).get_json()
    query = application.request(client_id=opened["client_id"], redirect_uri=opened["redirect_uri"])
    assert Api(app, opened["session_token"]).get("/api/oauth/authorize", query_string=query).status_code == 200
    [granted] = audit_entries(app, user_id=owner.person.id, subject_kind="grant")
    session = audit_entries(app, user_id=owner.person.id, action="session.opened")[-1]
    assert granted.details["session_id"] == session.subject_id
