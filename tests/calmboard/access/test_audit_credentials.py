"""Keys, sessions, passwords and accounts: each change leaves one entry, with who made it."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import NewKey, issue_key
from calmboard.access.credentials.passwords import create_reset_token
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import ApiKey, User
from calmboard.pagination import PageRequest
from tests.portal.forms import key_form, send
from tests.support.audit import audit_entries, audited_actions
from tests.support.users import Api, TestUser, add_user, csrf_token, new_address

_KEYS = "/integrations/keys"
_NEW_PASSWORD = "four unrelated words here"


@pytest.fixture
def person(app: Flask) -> TestUser:
    return add_user(app)


@pytest.fixture
def key_id(app: Flask, person: TestUser) -> str:
    """A key that the operator issued."""
    with app.app_context():
        created = issue_key(person.person.id, NewKey("Mirror", "workflow", frozenset({"tasks:read"})))[0]
        db.session.commit()
    return created


def test_a_key_made_on_the_page_is_recorded_with_its_rights(app: Flask, person: TestUser) -> None:
    send(person.sign_in(), f"{_KEYS}/new", _KEYS, **key_form("Sprint mirror"))
    [entry] = audit_entries(app, user_id=person.person.id, action="key.created")
    with app.app_context():
        [key] = list_keys(person.access, PageRequest()).rows
    assert (entry.subject_kind, entry.subject_id, entry.project_id) == ("key", key.id, None)
    assert (entry.source, entry.actor_id, entry.actor_name, entry.credential_id) == (
        "session",
        person.person.id,
        person.person.name,
        None,
    )
    assert entry.details == {
        "name": "Sprint mirror",
        "scopes": sorted(key.scopes),
        "project_ids": None,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }
    assert now() - timedelta(minutes=1) < entry.at <= now()


def test_a_key_is_paused_resumed_and_revoked_once_each(app: Flask, person: TestUser, key_id: str) -> None:
    browser = person.sign_in()
    for change in ("pause", "pause", "resume", "resume"):
        send(browser, "/account", f"{_KEYS}/{key_id}/{change}")
    for reason in ("leaked", "unused"):
        send(browser, "/account", f"{_KEYS}/{key_id}/revoke", sure="yes", reason=reason)
    send(browser, "/account", f"{_KEYS}/{key_id}/pause")
    _, *changes = audit_entries(app, subject_id=key_id)
    assert [entry.action for entry in changes] == ["key.paused", "key.resumed", "key.revoked"]
    assert changes[-1].details == {"name": "Mirror", "reason": "leaked"}
    assert {(entry.source, entry.actor_id) for entry in changes} == {("session", person.person.id)}


def test_a_key_that_revokes_itself_is_named(app: Flask, person: TestUser) -> None:
    secret = person.new_key("Leaked")
    with app.app_context():
        [key] = list_keys(person.access, PageRequest()).rows
    assert Api(app, secret).delete(f"/keys/{key.id}").status_code == 204
    [entry] = audit_entries(app, subject_id=key.id, action="key.revoked")
    assert (entry.source, entry.actor_id, entry.credential_id, entry.credential_name) == (
        "key",
        person.person.id,
        key.id,
        "Leaked",
    )


def test_what_the_operator_does_is_recorded_without_a_person(app: Flask) -> None:
    email = f"{new_id('usr')}@calmboard.test"
    operator = app.test_cli_runner()
    operator.invoke(args=["people", "add", email, "--name", "Ada", "--password", _NEW_PASSWORD, "--plan", "free"])
    for _ in range(2):
        operator.invoke(args=["people", "plan", email, "pro"])
    operator.invoke(args=["keys", "issue", email, "--name", "Nightly", "--scope", "tasks:read"])
    with app.app_context():
        user_id = db.session.execute(db.select(User.id).filter_by(email=email)).scalar_one()
    entries = audit_entries(app, user_id=user_id)
    assert [entry.action for entry in entries] == ["account.created", "plan.changed", "key.created"]
    assert entries[0].details == {"email": email, "plan": "free"}
    assert entries[1].details == {"plan": "pro", "before": "free"}
    assert {(entry.source, entry.actor_id, entry.actor_name) for entry in entries} == {("operator", None, None)}


def test_signing_in_and_out_is_recorded(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    send(browser, "/account", "/sign-out")
    opened, ended = audit_entries(app, user_id=person.person.id)
    assert (opened.action, ended.action) == ("session.opened", "session.ended")
    assert opened.subject_id == ended.subject_id
    assert (ended.source, ended.actor_id) == ("session", person.person.id)


def test_signing_out_everywhere_names_the_sessions_that_ended(app: Flask, person: TestUser) -> None:
    browser, _other = person.sign_in(), person.sign_in()
    send(browser, "/account", "/account/sign-out-everywhere")
    opened = audit_entries(app, user_id=person.person.id, action="session.opened")
    [entry] = audit_entries(app, user_id=person.person.id, action="session.ended_everywhere")
    assert entry.details == {"session_ids": sorted(each.subject_id for each in opened), "kept_session_id": None}
    assert "session.ended" not in audited_actions(app, user_id=person.person.id)


def test_a_session_token_is_recorded_when_it_comes_and_goes(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    token = send(browser, "/account", "/session-token").get_json()["session_token"]
    assert Api(app, token).delete("/api/auth/session").status_code == 204
    credentials = {"email": person.email, "password": person.password}
    alone = app.test_client().post("/api/auth/session", json=credentials, environ_base={"REMOTE_ADDR": new_address()})
    Api(app, alone.get_json()["session_token"]).delete("/api/auth/session")
    assert audited_actions(app, user_id=person.person.id) == [
        "session.opened",
        "session_token.created",
        "session_token.revoked",
        "session.opened",
        "session.ended",
    ]


def test_a_new_password_is_recorded_with_what_it_ended(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    send(browser, "/account", "/account/password", current_password=person.password, new_password=_NEW_PASSWORD)
    opened, changed, ended = audit_entries(app, user_id=person.person.id)
    assert (changed.action, changed.source, changed.actor_id) == ("password.changed", "session", person.person.id)
    assert (ended.action, ended.details) == (
        "session.ended_everywhere",
        {"session_ids": [], "kept_session_id": opened.subject_id},
    )
    assert _NEW_PASSWORD not in str(changed)


def test_a_password_that_a_mailed_link_sets_is_recorded_as_the_links(app: Flask, client: FlaskClient, person: TestUser) -> None:
    with app.app_context():
        reset = create_reset_token(person.email)
    assert reset
    path = f"/reset-password/{reset[1]}"
    for _ in range(2):
        client.post(path, data={"new_password": _NEW_PASSWORD, "csrf_token": csrf_token(client.get("/sign-in"))})
    entries = audit_entries(app, user_id=person.person.id)
    assert [(entry.action, entry.source, entry.actor_id) for entry in entries] == [
        ("password.reset_requested", "system", None),
        ("password.reset", "link", None),
        ("session.ended_everywhere", "link", None),
    ]
    assert reset[1] not in str(entries)


def test_what_is_refused_leaves_no_entry(app: Flask, client: FlaskClient, person: TestUser, key_id: str) -> None:
    browser = person.sign_in()
    before = audited_actions(app, user_id=person.person.id)
    send(browser, f"{_KEYS}/new", _KEYS, **key_form("Mirror"))  # the name is taken
    send(browser, "/account", f"{_KEYS}/{key_id}/revoke", sure="yes", reason="because")
    send(browser, "/account", "/account/password", current_password="wrong", new_password=_NEW_PASSWORD)
    send(client, "/sign-in", "/sign-in", email=person.email, password="wrong")
    app.test_cli_runner().invoke(args=["people", "plan", person.email, "gold"])
    app.test_cli_runner().invoke(args=["keys", "issue", person.email, "--name", "Mirror"])
    assert Api(app, person.new_key()).delete(f"/keys/{key_id}").status_code == 403
    assert audited_actions(app, user_id=person.person.id) == [*before, "key.created"]


def test_an_entry_goes_with_the_change_that_is_rolled_back(app: Flask, person: TestUser) -> None:
    with app.app_context():
        key_id, _ = issue_key(person.person.id, NewKey("Never", "workflow", frozenset({"tasks:read"})))
        db.session.flush()
        db.session.rollback()
        assert db.session.get(ApiKey, key_id) is None
    assert audit_entries(app, subject_id=key_id) == []


def test_entries_outlive_the_person_they_are_about(app: Flask, person: TestUser, key_id: str) -> None:
    with app.app_context():
        db.session.execute(delete(User).where(User.id == person.person.id))
        db.session.commit()
    assert audited_actions(app, user_id=person.person.id) == ["key.created"]


def test_use_of_a_key_leaves_no_entry(app: Flask, person: TestUser) -> None:
    person.api.get("/me")
    assert audited_actions(app, user_id=person.person.id) == ["key.created"]
