"""A key is renamed, described and narrowed, and never widened."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import update

from calmboard.access.access import Access
from calmboard.access.credentials.identify import identify
from calmboard.access.credentials.key_life.changes import KeyEdit, edit_key, list_seen_networks, list_shut_out
from calmboard.access.credentials.key_life.rotation import replace_key
from calmboard.access.credentials.keys import Key, NewKey, create_key, find_key, pause_key, revoke_key
from calmboard.access.request_log import REQUEST_LOG
from calmboard.clock import now
from calmboard.db import db
from calmboard.errors import Conflict, Forbidden, Problem, ValidationFailed
from calmboard.models import ApiKey
from tests.support.audit import audit_entries
from tests.support.users import Api, TestUser, add_project_and_board


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def created(person: TestUser) -> tuple[Key, Api]:
    new = NewKey("Mirror", "jira", frozenset(["tasks:write", "projects:read"]), expires_at=now() + timedelta(days=90))
    with person.app.app_context():
        key, secret = create_key(person.access, new)
    return key, Api(person.app, secret)


@pytest.fixture
def key(created: tuple[Key, Api]) -> Key:
    return created[0]


def changed(person: TestUser, key: Key, **values: Any) -> Key:
    with person.app.app_context():
        change = edit_key(person.access, key.id, KeyEdit(**values))
        assert change.is_done
        return change.key


def refused(person: TestUser, key: Key, **values: Any) -> list[tuple[str, str]]:
    """What is wrong; nothing is changed then."""
    with person.app.app_context():
        with pytest.raises(ValidationFailed) as problem:
            edit_key(person.access, key.id, KeyEdit(**values))
        assert find_key(person.access, key.id) == key
    return [(error.pointer, error.code) for error in problem.value.errors]


def test_what_is_given_is_changed_and_nothing_else(person: TestUser, key: Key) -> None:
    sooner = now() + timedelta(days=3)
    after = changed(
        person, key, name=" Jira mirror ", note="On the build server", scopes=frozenset(["tasks:read"]), expires_at=sooner
    )
    assert (after.name, after.note, after.scopes, after.expires_at) == (
        "Jira mirror",
        "On the build server",
        frozenset(["tasks:read"]),
        sooner,
    )
    assert (after.project_ids, after.networks, after.last4) == (None, None, key.last4)


def test_a_narrower_right_counts_at_the_next_request(person: TestUser, created: tuple[Key, Api]) -> None:
    key, api = created
    assert api.get("/projects").status_code == 200
    changed(person, key, scopes=frozenset(["tasks:read"]))
    assert api.get("/projects").json["code"] == "insufficient_scope"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"scopes": frozenset(["tasks:write", "boards:read"])}, ("/scopes", "wider")),
        ({"scopes": frozenset()}, ("/scopes", "required")),
        ({"expires_at": None}, ("/expires_at", "wider")),
        ({"name": "  "}, ("/name", "required")),
        ({"name": "x" * 81}, ("/name", "too_long")),
        ({"note": "x" * 501}, ("/note", "too_long")),
        ({"note": "\0"}, ("/note", "unprintable")),
        ({"project_ids": frozenset()}, ("/project_ids", "required")),
        ({"project_ids": frozenset(["prj_nothing"])}, ("/project_ids", "unknown_value")),
        ({"networks": ("10.0.0.300",)}, ("/networks/0", "no_network")),
        ({"networks": ("0.0.0.0/0",)}, ("/networks/0", "no_network")),
        ({"networks": ("::/0",)}, ("/networks/0", "no_network")),
        ({"window_limit": 0}, ("/window_limit", "out_of_range")),
        ({"window_limit": 10**9}, ("/window_limit", "out_of_range")),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    person: TestUser, key: Key, values: dict[str, Any], error: tuple[str, str]
) -> None:
    assert refused(person, key, **values) == [error]


def test_everything_that_is_wrong_is_named_at_once(person: TestUser, key: Key) -> None:
    assert key.expires_at is not None
    errors = refused(person, key, name="", expires_at=key.expires_at + timedelta(seconds=1), networks=("here", "there"))
    assert [pointer for pointer, _ in errors] == ["/name", "/expires_at", "/networks/0", "/networks/1"]


def test_the_past_is_no_end(person: TestUser, key: Key) -> None:
    assert refused(person, key, expires_at=now() - timedelta(minutes=1)) == [("/expires_at", "in_the_past")]


def test_projects_are_taken_away_and_not_added(person: TestUser, key: Key) -> None:
    first, second = (add_project_and_board(person.app, person).project_id for _ in range(2))
    limited = changed(person, key, project_ids=frozenset([first]))
    assert refused(person, limited, project_ids=frozenset([first, second])) == [("/project_ids", "wider")]
    assert refused(person, limited, project_ids=None) == [("/project_ids", "wider")]


def test_a_name_that_another_key_has_is_refused(person: TestUser, key: Key) -> None:
    person.new_key("Stand-up")
    assert refused(person, key, name="stand-up") == [("/name", "taken")]
    assert changed(person, key, name="MIRROR").name == "MIRROR"


def test_nothing_new_changes_nothing(person: TestUser, key: Key) -> None:
    with person.app.app_context():
        assert not edit_key(person.access, key.id, KeyEdit(name=key.name, scopes=key.scopes, note="")).is_done
    assert [entry.action for entry in audit_entries(person.app, subject_id=key.id)] == ["key.created"]


def test_the_audit_log_has_before_and_after(person: TestUser, key: Key) -> None:
    changed(person, key, note="Owner: Wren", window_limit=5)
    entry = audit_entries(person.app, subject_id=key.id)[-1]
    assert entry.action == "key.changed"
    assert entry.details["before"] == {"note": None, "window_limit": None}
    assert entry.details["after"] == {"note": "Owner: Wren", "window_limit": 5}


def test_only_the_session_of_its_owner_changes_a_key(person: TestUser, outsider: TestUser, created: tuple[Key, Api]) -> None:
    key, _ = created
    with person.app.app_context():
        by_key: Access = identify(person.key, "")
        for access in (by_key, outsider.access):
            with pytest.raises(Forbidden):
                edit_key(access, key.id, KeyEdit(note="Mine"))


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_key_that_works_no_more_stays_as_it_was(person: TestUser, key: Key, end: str) -> None:
    with person.app.app_context():
        if end == "revoked":
            revoke_key(person.access, key.id)
        else:
            db.session.execute(update(ApiKey).where(ApiKey.id == key.id).values(expires_at=now() - timedelta(days=1)))
            db.session.commit()
        with pytest.raises(Conflict):
            edit_key(person.access, key.id, KeyEdit(note="Late"))


def test_of_edits_at_once_each_judges_what_the_other_left(person: TestUser, key: Key) -> None:
    """Each takes another right away, which it would give back if it judged the key as it was before."""
    with person.app.app_context():
        for _ in range(8):
            wide = frozenset(["tasks:read", "boards:read", "sprints:read", "members:read"])
            created, _ = create_key(person.access, NewKey(f"Key {len(wide)}", "jira", wide))
            at_once(person, [partial(edit_key, person.access, created.id, KeyEdit(scopes=wide - {scope})) for scope in wide])
            entries = [one for one in audit_entries(person.app, subject_id=created.id) if one.action == "key.changed"]
            left = wide
            for entry in entries:
                before, after = (frozenset(entry.details[when]["scopes"].split()) for when in ("before", "after"))
                assert before == left
                assert after < before
                left = after
            assert find_key(person.access, created.id).scopes == left
            revoke_key(person.access, created.id)


@pytest.mark.parametrize("end", ["now", "1h"])
def test_an_edit_that_crosses_a_replacement_does_not_make_the_old_key_last(person: TestUser, end: str) -> None:
    sooner = now() + timedelta(days=30)
    for number in range(6):
        with person.app.app_context():
            new = NewKey(f"Key {number}", "jira", frozenset(["tasks:read"]), expires_at=now() + timedelta(days=90))
            created, _ = create_key(person.access, new)
        at_once(
            person,
            [
                partial(replace_key, person.access, created.id, end),
                partial(edit_key, person.access, created.id, KeyEdit(expires_at=sooner)),
                partial(pause_key, person.access, created.id),
            ],
        )
        with person.app.app_context():
            old = find_key(person.access, created.id)
            assert old.successor_id is not None
            assert old.revoked_at is not None or (old.expires_at is not None and old.expires_at < now() + timedelta(hours=2))


def at_once(person: TestUser, actions: list[Callable[[], object]]) -> None:
    """Each in a thread of its own, as requests are; some are refused."""
    barrier = Barrier(len(actions))

    def act(action: Callable[[], object]) -> None:
        with person.app.app_context(), suppress(Problem):
            barrier.wait(10)
            action()

    with ThreadPoolExecutor(len(actions)) as pool:
        list(pool.map(act, actions))


def test_the_networks_of_a_key_are_those_that_used_it(person: TestUser, created: tuple[Key, Api]) -> None:
    key, api = created
    for ip in ("198.51.100.7", "198.51.100.7", "2001:db8::1"):
        api._client.get("/api/v1/me", headers=api._headers, environ_base={"REMOTE_ADDR": ip})
    with person.app.app_context():
        REQUEST_LOG.get().flush()
        seen = list_seen_networks(person.access, key.id)
        assert [(one.ip, one.calls) for one in seen] == [("2001:db8::1", 1), ("198.51.100.7", 2)]
        assert [one.ip for one in list_shut_out(person.access, key.id, ("198.51.100.0/24",))] == ["2001:db8::1"]
        assert list_shut_out(person.access, key.id, ()) == []
