"""The caller's own keys: read, and revoked by themselves."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.users import Api, TestUser, add_project_and_board


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def test_keys_are_listed_newest_first_without_their_secrets(person: TestUser) -> None:
    secrets = [person.key, person.new_key("Second", "tasks:read")]
    answer = person.api.get("/keys")
    assert [key["name"] for key in answer.json["data"]] == ["Second", "Everything"]
    assert [key["tail"] for key in answer.json["data"]] == [secret[-4:] for secret in reversed(secrets)]
    assert answer.json["data"][0]["scopes"] == ["tasks:read"]
    assert not any(secret in answer.text for secret in secrets)


def test_pages_hold_every_key_once(person: TestUser) -> None:
    for number in range(3):
        person.new_key(f"Number {number}")
    first = person.api.get("/keys?limit=2").json
    rest = person.api.get(f"/keys?limit=2&cursor={first['next_cursor']}").json
    names = [key["name"] for key in first["data"] + rest["data"]]
    assert sorted(names) == ["Everything", "Number 0", "Number 1", "Number 2"]


def test_a_key_for_some_projects_sees_itself_only(app: Flask, person: TestUser) -> None:
    project = add_project_and_board(app, person)
    narrow = Api(app, person.new_key("Narrow", project_ids=frozenset({project.project_id})))
    (itself,) = narrow.get("/keys").json["data"]
    assert (itself["name"], itself["project_ids"]) == ("Narrow", [project.project_id])
    assert narrow.get(f"/keys/{itself['id']}").status_code == 200
    other = next(key for key in person.api.get("/keys").json["data"] if key["name"] == "Everything")
    assert narrow.get(f"/keys/{other['id']}").status_code == 403


def test_a_key_revokes_itself_without_any_scope_for_it(app: Flask, person: TestUser) -> None:
    leaked = Api(app, person.new_key("Leaked", "tasks:read"))
    key_id = leaked.get("/me").json["credential"]["id"]
    assert leaked.delete(f"/keys/{key_id}").status_code == 204
    answer = leaked.get("/me")
    assert (answer.status_code, answer.json["code"]) == (401, "api_key_revoked")
    assert person.api.get(f"/keys/{key_id}").json["status"] == "revoked"


def test_a_key_revokes_no_other(app: Flask, person: TestUser) -> None:
    other = Api(app, person.new_key("Other"))
    key_id = other.get("/me").json["credential"]["id"]
    answer = person.api.delete(f"/keys/{key_id}")
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert other.get("/me").status_code == 200


def test_somebody_elses_key_is_not_visible(person: TestUser, owner: TestUser) -> None:
    key_id = owner.api.get("/me").json["credential"]["id"]
    assert person.api.get(f"/keys/{key_id}").status_code == 403
    assert person.api.delete(f"/keys/{key_id}").status_code == 403
