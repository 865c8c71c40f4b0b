"""A key is replaced without an outage: both work, the old one says that it ends, and two at once make one successor."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.http import parse_date

from calmboard.access.credentials.key_life.networks import read_networks
from calmboard.access.credentials.key_life.reaching import cut_off
from calmboard.access.credentials.key_life.rotation import (
    OVERLAPS,
    extend_overlap,
    plan_successor,
    replace_key,
)
from calmboard.access.credentials.keys import Key, NewKey, create_key, find_key, pause_key, revoke_key
from calmboard.access.plans import PLANS
from calmboard.clock import now
from calmboard.db import db
from calmboard.errors import Conflict, Forbidden, NotFound, PaidPlanRequired, Problem, ValidationFailed
from calmboard.models import ApiKey, Membership
from tests.support.audit import audit_entries
from tests.support.users import Api, TestUser, add_project_and_board
from tests.support.writers import writing_elsewhere

NewUser = Callable[..., TestUser]


@pytest.fixture
def person(new_user: NewUser) -> TestUser:
    return new_user()


def new_key(person: TestUser, name: str = "Mirror", **changes: Any) -> tuple[Key, Api]:
    attributes = {"scopes": frozenset(["projects:read", "keys:read"]), "expires_at": now() + timedelta(days=90), **changes}
    with person.app.app_context():
        key, secret = create_key(person.access, NewKey(name, "jira", **attributes))
    return key, Api(person.app, secret)


def replaced(person: TestUser, key: Key, overlap: str) -> tuple[Key, Api]:
    with person.app.app_context():
        successor, secret = replace_key(person.access, key.id, overlap)
    return successor, Api(person.app, secret)


def test_both_work_until_the_overlap_is_over(person: TestUser) -> None:
    key, old = new_key(person)
    successor, new = replaced(person, key, "24h")
    assert (old.get("/me").status_code, new.get("/me").status_code) == (200, 200)
    with person.app.app_context():
        before = find_key(person.access, key.id)
        assert (before.successor_id, before.name, successor.name) == (successor.id, key.name, key.name)
        assert before.expires_at is not None
        assert abs(before.expires_at - now() - timedelta(hours=24)) < timedelta(minutes=1)
        db.session.execute(update(ApiKey).where(ApiKey.id == key.id).values(expires_at=now() - timedelta(seconds=1)))
        db.session.commit()
    assert (old.get("/me").json["code"], new.get("/me").status_code) == ("api_key_expired", 200)


def test_the_old_key_says_on_each_answer_when_it_ends(person: TestUser) -> None:
    """RFC 9745 and RFC 8594, also on an error, and on the MCP server."""
    key, old = new_key(person)
    assert "Sunset" not in old.get("/me").headers
    _, new = replaced(person, key, "1h")
    with person.app.app_context():
        ends_at = find_key(person.access, key.id).expires_at
    assert ends_at is not None
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {**old._headers, "Accept": "application/json, text/event-stream"}
    by_agent = person.app.test_client().post("/mcp", json=ping, headers=headers)
    for answer in (old.get("/me"), old.get("/boards/nothing"), by_agent):
        assert parse_date(answer.headers["Sunset"]) == ends_at.replace(microsecond=0)
        assert 0 <= now().timestamp() - int(answer.headers["Deprecation"].removeprefix("@")) < 60
    assert "Sunset" not in new.get("/me").headers


def test_now_ends_the_old_key_at_once(person: TestUser) -> None:
    key, old = new_key(person)
    _, new = replaced(person, key, "now")
    assert (old.get("/me").json["code"], new.get("/me").status_code) == ("api_key_revoked", 200)
    with person.app.app_context():
        assert find_key(person.access, key.id).revoked_reason == "replaced"


def test_the_successor_has_all_that_the_old_one_had(person: TestUser) -> None:
    project = add_project_and_board(person.app, person).project_id
    networks = tuple(read_networks(["127.0.0.0/8"]) or ())
    own: dict[str, Any] = {"note": "Build server", "networks": networks, "window_limit": 7, "project_ids": frozenset([project])}
    key, _ = new_key(person, **own)
    successor, new = replaced(person, key, "7d")
    for name in ("name", "integration", "scopes", "project_ids", "note", "networks", "window_limit"):
        assert getattr(successor, name) == getattr(key, name)
    assert new.get("/me").headers["X-RateLimit-Limit"] == "7"
    assert key.expires_at is not None
    assert successor.expires_at is not None
    assert abs((successor.expires_at - successor.created_at) - (key.expires_at - key.created_at)) < timedelta(seconds=1)


def test_a_key_without_end_is_replaced_by_one_without_end(person: TestUser) -> None:
    key, _ = new_key(person, expires_at=None)
    successor, _ = replaced(person, key, "1h")
    assert successor.expires_at is None


def test_a_project_that_was_lost_is_not_inherited(person: TestUser) -> None:
    kept, lost = (add_project_and_board(person.app, person).project_id for _ in range(2))
    key, _ = new_key(person, project_ids=frozenset([kept, lost]))
    only_lost, _ = new_key(person, "Only lost", project_ids=frozenset([lost]))
    with person.app.app_context():
        db.session.query(Membership).filter_by(project_id=lost, user_id=person.person.id).delete()
        db.session.commit()
    successor, _ = replaced(person, key, "1h")
    assert successor.project_ids == frozenset([kept])
    with pytest.raises(Conflict):
        replaced(person, only_lost, "1h")


def test_two_at_once_make_one_successor(person: TestUser) -> None:
    key, _ = new_key(person)

    def attempt(_number: int) -> Key | Problem:
        try:
            return replaced(person, key, "1h")[0]
        except Conflict as problem:
            return problem

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))
    (successor,) = [result for result in results if isinstance(result, Key)]
    with person.app.app_context():
        assert find_key(person.access, key.id).successor_id == successor.id
        assert db.session.query(ApiKey).filter_by(user_id=person.person.id).count() == 2


def test_replacing_pausing_and_revoking_at_once_end_in_one_state(person: TestUser) -> None:
    """Whatever came first: a revoked key is revoked, and has a successor only if it was replaced before."""
    for number in range(5):
        key, old = new_key(person, f"Mirror {number}")

        def act(what: Callable[[Key], object], key: Key = key) -> None:
            with person.app.app_context(), suppress(Conflict):
                what(key)

        actions = (
            lambda key: replace_key(person.access, key.id, "1h"),
            lambda key: pause_key(person.access, key.id),
            lambda key: revoke_key(person.access, key.id),
        )
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(act, actions))
        with person.app.app_context():
            after = find_key(person.access, key.id)
            assert after.status(now()) == "revoked"
            successors = db.session.query(ApiKey).filter(ApiKey.id == after.successor_id).count()
            assert successors == (1 if after.successor_id else 0)
        assert old.get("/me").json["code"] == "api_key_revoked"


def test_a_successor_takes_no_place_of_its_own_in_the_plan(person: TestUser) -> None:
    keys = [new_key(person, f"Key {number}")[0] for number in range(PLANS["pro"].max_keys)]
    replaced(person, keys[0], "24h")
    with pytest.raises(Conflict, match="50"):
        new_key(person, "One more")


def test_a_key_whose_predecessor_works_still_is_not_replaced(person: TestUser) -> None:
    """Or each would have one more that no plan counts."""
    key, _ = new_key(person)
    successor, _ = replaced(person, key, "7d")
    with person.app.app_context():
        pause_key(person.access, key.id)
    with pytest.raises(Conflict, match=f"cbk_…{key.last4}"):
        replaced(person, successor, "7d")
    with person.app.app_context():
        revoke_key(person.access, key.id)
    replaced(person, successor, "7d")


def test_a_successor_stays_cut_off_where_the_old_one_was(person: TestUser) -> None:
    closed, open_ = (add_project_and_board(person.app, person).project_id for _ in range(2))
    key, _ = new_key(person)
    with person.app.app_context():
        cut_off(person.access, closed, key.id)
    _, new = replaced(person, key, "1h")
    assert new.get(f"/projects/{closed}").json["code"] == "forbidden"
    assert new.get(f"/projects/{open_}").status_code == 200


@pytest.mark.database("sqlite")
def test_what_a_successor_would_have_is_read_while_others_write(person: TestUser) -> None:
    project = add_project_and_board(person.app, person).project_id
    key, _ = new_key(person, project_ids=frozenset([project]))
    with writing_elsewhere(person.app), person.app.app_context():
        assert plan_successor(person.access, key).project_ids == frozenset([project])


def test_a_day_more_but_not_beyond_its_own_end(person: TestUser) -> None:
    key, _ = new_key(person, expires_at=now() + timedelta(hours=30))
    replaced(person, key, "1h")
    with person.app.app_context():
        first, second = extend_overlap(person.access, key.id), extend_overlap(person.access, key.id)
        third = extend_overlap(person.access, key.id)
    assert (first.is_done, second.is_done, third.is_done) == (True, True, False)
    assert second.key.expires_at == key.expires_at


def test_a_day_more_not_for_ever(person: TestUser) -> None:
    key, _ = new_key(person, expires_at=None)
    replaced(person, key, "7d")
    with person.app.app_context():
        while extend_overlap(person.access, key.id).is_done:
            pass
        after = find_key(person.access, key.id)
    assert after.expires_at is not None
    assert after.replaced_at is not None
    assert after.expires_at - after.replaced_at == timedelta(days=30)


def test_a_key_that_was_not_replaced_is_not_extended(person: TestUser) -> None:
    key, _ = new_key(person)
    with person.app.app_context():
        assert not extend_overlap(person.access, key.id).is_done
        assert find_key(person.access, key.id) == key


@pytest.mark.parametrize("end", ["revoked", "expired", "replaced"])
def test_what_works_no_more_is_not_replaced(person: TestUser, end: str) -> None:
    key, _ = new_key(person)
    with person.app.app_context():
        if end == "revoked":
            revoke_key(person.access, key.id)
        elif end == "replaced":
            replace_key(person.access, key.id, "1h")
        else:
            db.session.execute(update(ApiKey).where(ApiKey.id == key.id).values(expires_at=now() - timedelta(days=1)))
            db.session.commit()
        with pytest.raises(Conflict):
            replace_key(person.access, key.id, "1h")


def test_who_may_not_replaces_nothing(person: TestUser, outsider: TestUser, free: TestUser) -> None:
    key, _ = new_key(person)
    with person.app.app_context():
        with pytest.raises(Forbidden):
            replace_key(outsider.access, key.id, "1h")
        with pytest.raises(PaidPlanRequired):
            replace_key(free.access, key.id, "1h")
        with pytest.raises(NotFound):
            replace_key(person.access, "key_nothing", "1h")
        with pytest.raises(ValidationFailed):
            replace_key(person.access, key.id, "2 weeks")
        assert find_key(person.access, key.id) == key
    assert set(OVERLAPS) == {"now", "1h", "24h", "7d"}


def test_the_audit_log_tells_of_it(app: Flask, person: TestUser) -> None:
    key, _ = new_key(person)
    successor, _ = replaced(person, key, "24h")
    with app.app_context():
        extend_overlap(person.access, key.id)
    actions = [(entry.action, entry.subject_id) for entry in audit_entries(app, user_id=person.person.id)]
    assert actions == [
        ("key.created", key.id),
        ("key.replaced", key.id),
        ("key.created", successor.id),
        ("key.overlap_extended", key.id),
    ]
