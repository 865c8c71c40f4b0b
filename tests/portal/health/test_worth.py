"""“Worth a look”: each concern at a key, with what can be done about it; nothing where nothing is."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, update

from calmboard.access.credentials.keys import NewKey, find_key, issue_key
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import ApiKey, KeyNetwork, UsageDay, UsageHour
from calmboard.models.requests import DURATIONS_MS
from tests.portal.forms import send
from tests.support.logged import add_call
from tests.support.statements import recorded
from tests.support.users import TestUser


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def key_id(person: TestUser) -> str:
    """A key at which nothing is worth a look: it expires in 60 days."""
    return add_key(person, "Nightly report")


def add_key(person: TestUser, name: str, days: int | None = 60, **columns: Any) -> str:
    end = None if days is None else now() + timedelta(days=days)
    with person.app.app_context():
        key_id, _ = issue_key(
            person.person.id, NewKey(name, "workflow", frozenset(("tasks:write", "tasks:read")), expires_at=end)
        )
        if columns:
            db.session.execute(update(ApiKey).where(ApiKey.id == key_id).values(**columns))
        db.session.commit()
    return key_id


def rows(person: TestUser) -> list[str]:
    page = person.sign_in().get("/integrations").text
    found = re.findall(r'<li class="worth-row">(.*?)</li>', page, re.DOTALL)
    return [unescape(" ".join(re.sub(r"<[^>]+>", " ", row).split())) for row in found]


def add_networks(person: TestUser, key_id: str, networks: dict[str, int]) -> None:
    """Networks that the key is known to be used from since so many days."""
    today = now().replace(minute=0, second=0, microsecond=0)
    known = {network: today - timedelta(days=days) for network, days in networks.items()}
    rows = [{"key_id": key_id, "network": network, "first_at": at, "last_at": at} for network, at in known.items()]
    with person.app.app_context():
        db.session.execute(insert(KeyNetwork), rows)
        db.session.commit()


def add_usage(person: TestUser, key_id: str, answered: int, refused: int, endpoint: str = "GET /api/v1/me") -> None:
    counts = {"answered": answered, "refused": refused, "limited": 0, "failed": 0}
    hour = {"credential_id": key_id, "hour": now().replace(minute=0, second=0, microsecond=0), "endpoint": endpoint}
    durations = dict.fromkeys([*(f"ms_{limit}" for limit in DURATIONS_MS), "ms_more"], 0)
    with person.app.app_context():
        day = {"credential_id": key_id, "day": now().date(), "user_id": person.person.id}
        db.session.execute(insert(UsageDay).values(**day, **counts))
        db.session.execute(insert(UsageHour).values(**hour, **counts, **durations))
        db.session.commit()


def test_a_key_at_which_nothing_is_found_is_left_out(person: TestUser, key_id: str) -> None:
    add_call(person, key_id)
    add_usage(person, key_id, 100, 10)
    assert rows(person) == []
    assert "Worth a look" not in person.sign_in().get("/integrations").text


def test_a_key_without_end_can_be_given_one(person: TestUser) -> None:
    key_id = add_key(person, "Old script", days=None)
    assert rows(person) == ["Old script Never expires. Set an end Old script"]
    assert f"/integrations/keys/{key_id}/edit" in person.sign_in().get("/integrations").text


@pytest.mark.parametrize(("days", "is_found"), [(13, True), (15, False)])
def test_a_key_that_expires_soon(person: TestUser, days: int, is_found: bool) -> None:
    add_key(person, "Jira mirror", days=days)
    assert any("Expires on" in row and "Replace Jira mirror" in row for row in rows(person)) is is_found


@pytest.mark.parametrize(("days", "is_found"), [(91, True), (89, False)])
def test_a_key_that_was_not_used_for_long_can_be_paused(person: TestUser, days: int, is_found: bool) -> None:
    at = now() - timedelta(days=days)
    key_id = add_key(person, "Old script", created_at=at - timedelta(days=9), last_used_at=at)
    assert any("Not used since" in row for row in rows(person)) is is_found
    if is_found:
        browser = person.sign_in()
        send(browser, "/integrations", f"/integrations/keys/{key_id}/pause")
        with person.app.app_context():
            assert find_key(person.access, key_id).status(now()) == "paused"


@pytest.mark.parametrize(("answered", "refused", "is_found"), [(9, 11, True), (10, 10, False), (5, 14, False)])
def test_many_refusals_lead_to_the_log(person: TestUser, key_id: str, answered: int, refused: int, is_found: bool) -> None:
    add_usage(person, key_id, answered, refused)
    found = [row for row in rows(person) if f"{refused} of its {answered + refused} calls" in row]
    assert bool(found) is is_found
    assert all("See why" in row for row in found)


def test_a_network_that_is_new_is_named(person: TestUser, key_id: str) -> None:
    add_networks(person, key_id, {"203.0.113.0/24": 90, "198.51.100.0/24": 90, "2001:db8::/48": 8})
    assert rows(person) == []
    add_networks(person, key_id, {"192.0.2.0/24": 6})
    [row] = rows(person)
    assert "New within 7 days: used from 192.0.2.0/24." in row


def test_the_networks_that_a_key_is_used_from_at_first_are_not_new(person: TestUser, key_id: str) -> None:
    add_networks(person, key_id, {"203.0.113.0/24": 1, "198.51.100.0/24": 1})
    assert rows(person) == []


def test_a_network_that_is_allowed_by_name_is_not_new(person: TestUser) -> None:
    key_id = add_key(person, "Office", networks=["203.0.113.0/24"])
    add_networks(person, key_id, {"203.0.113.0/25": 6, "203.0.113.128/25": 1})
    assert rows(person) == []


def test_several_programs_on_one_key_are_named(person: TestUser, key_id: str) -> None:
    for agent in ("Jira/10", "n8n/1.2", "curl/8.5"):
        add_call(person, key_id, user_agent=agent)
    assert rows(person) == []
    add_call(person, key_id, user_agent="Cursor/2.0")
    [row] = rows(person)
    assert "4 programs use it: Cursor, Jira, curl, n8n." in row


def test_rights_that_nothing_needs_are_named(person: TestUser) -> None:
    key_id = add_key(person, "Reader", created_at=now() - timedelta(days=20), last_used_at=now())
    add_usage(person, key_id, 5, 0, "GET /api/v1/tasks/<task_id>")
    [row] = rows(person)
    assert "Does not use tasks:write." in row


def test_a_right_that_an_agent_uses_is_used(person: TestUser) -> None:
    key_id = add_key(person, "Agent", created_at=now() - timedelta(days=20), last_used_at=now())
    add_usage(person, key_id, 5, 0, "create_task")
    assert rows(person) == []


def test_several_are_paused_at_once(person: TestUser) -> None:
    ids = [add_key(person, f"Old {number}", days=None) for number in range(2)]
    browser = person.sign_in()
    send(browser, "/integrations", "/integrations/keys/selection/pause", keys=ids)
    with person.app.app_context():
        assert {find_key(person.access, each).status(now()) for each in ids} == {"paused"}


def test_nobody_sees_the_keys_of_another(person: TestUser, outsider: TestUser) -> None:
    add_key(person, "Of somebody else", days=None)
    assert not any("Of somebody else" in row for row in rows(outsider))


def test_five_hundred_keys_take_as_many_statements_as_one(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user("business")
    browser, counts = person.sign_in(), []
    for number in (1, 499):
        with app.app_context():
            for index in range(number):
                issue_key(person.person.id, NewKey(f"Old {number} {index}", "workflow", frozenset({"tasks:read"})))
            db.session.commit()
        browser.get("/integrations")
        with recorded(app) as statements:
            page = browser.get("/integrations").text
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert page.count('class="worth-row"') == 50
    assert "450 more keys are worth a look once these are done." in page
