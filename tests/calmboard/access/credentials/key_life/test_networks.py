"""A key that is limited to networks is refused elsewhere, whatever the address is written like."""

from collections.abc import Callable

import pytest
from flask import Flask

from calmboard.access.credentials.key_life.changes import KeyEdit, edit_key
from calmboard.access.credentials.key_life.networks import is_within, read_networks
from calmboard.errors import ValidationFailed
from tests.support.users import Api, TestUser


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        (["203.0.113.7"], ["203.0.113.7/32"]),
        ([" 203.0.113.9/24 ", "203.0.113.0/24"], ["203.0.113.0/24"]),
        (["2001:DB8::1/64"], ["2001:db8::/64"]),
        (["::ffff:203.0.113.7"], ["203.0.113.7/32"]),
        (["2001:db8::1", "10.0.0.0/8"], ["10.0.0.0/8", "2001:db8::1/128"]),
        (["", "  "], None),
    ],
)
def test_networks_are_kept_in_one_way(entered: list[str], kept: list[str] | None) -> None:
    assert read_networks(entered) == kept


@pytest.mark.parametrize(
    "text", ["10.0.0.0/33", "10.0.0", "fe80::1%eth0/64", "harbour.example", "0.0.0.0/0", "::/0", "-1", "٣.٣.٣.٣"]
)
def test_what_is_no_network_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValidationFailed) as problem:
        read_networks(["10.0.0.1", text])
    assert [error.pointer for error in problem.value.errors] == ["/networks/1"]


@pytest.mark.parametrize(
    ("ip", "inside"),
    [
        ("203.0.113.255", True),
        ("203.0.114.0", False),
        ("::ffff:203.0.113.7", True),
        ("2001:db8:0:1::9", True),
        ("2001:db8:0:2::9", False),
        (None, False),
        ("unknown", False),
    ],
)
def test_an_address_is_within_or_not(ip: str | None, inside: bool) -> None:
    assert is_within(ip, ["203.0.113.0/24", "2001:db8:0:1::/64"]) is inside


def test_a_call_from_elsewhere_is_refused_and_logged(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    key = Api(app, person.new_key("Office"))
    key_id = key.get("/me").json["credential"]["id"]
    with app.app_context():
        edit_key(person.access, key_id, KeyEdit(networks=("203.0.113.0/24",)))

    def call(ip: str) -> tuple[int, str | None]:
        answer = key._client.get("/api/v1/me", headers=key._headers, environ_base={"REMOTE_ADDR": ip})
        return answer.status_code, (answer.json or {}).get("code")

    assert call("203.0.113.80") == (200, None)
    assert call("198.51.100.80") == (403, "network_not_allowed")
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {**key._headers, "Accept": "application/json, text/event-stream"}
    by_agent = app.test_client().post("/mcp", json=ping, headers=headers, environ_base={"REMOTE_ADDR": "198.51.100.80"})
    assert by_agent.status_code == 403
    row = person.api.get("/requests", query_string={"refused_by": "network", "limit": 1}).json["data"][0]
    assert (row["network"], row["status"], row["credential_id"]) == ("198.51.100.80", 403, key_id)
    assert "198.51.100.80" in row["hint"]


def test_it_spends_nothing_of_the_window(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    key = Api(app, person.new_key("Office"))
    key_id = key.get("/me").json["credential"]["id"]
    with app.app_context():
        edit_key(person.access, key_id, KeyEdit(networks=("203.0.113.0/24",)))
    for number in range(3):
        key._client.get("/api/v1/me", headers=key._headers, environ_base={"REMOTE_ADDR": f"198.51.100.9{number}"})
    assert person.api.get(f"/keys/{key_id}/usage").json["window"]["remaining"] == (
        person.api.get(f"/keys/{key_id}/usage").json["window"]["limit"] - 1
    )
