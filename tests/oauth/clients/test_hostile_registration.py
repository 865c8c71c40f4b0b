"""Every field of a registration with values that nobody should send: refused with a description, or accepted safely."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.oauth.conftest import CALLBACK, ORIGIN, register
from tests.support.users import new_address

FIELDS = [
    "redirect_uris",
    "client_name",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "scope",
    "client_uri",
    "logo_uri",
    "tos_uri",
    "policy_uri",
    "software_id",
    "software_version",
    "application_type",
    "contacts",
    "jwks",
    "jwks_uri",
    "client_id",
    "client_secret",
    "registration_access_token",
    "user_id",
    "kind",
    "created_at",
    "unheard_of",
]

VALUES: dict[str, Any] = {
    "null": None,
    "empty text": "",
    "empty list": [],
    "empty object": {},
    "zero": 0,
    "a huge number": 10**400,
    "true": True,
    "64 KB": "x" * 65_536,
    "9 KB": "x" * 9_000,
    "non-ASCII": "é→😀",
    "quoted": "\"\\'",
    "JSON": '["authorization_code"]',
    "NUL": "a\0b",
    "line breaks": "a\r\nb",
    "half a character": "\ud83d",
    "markup": "<img src=x onerror=alert(1)>",
    "list of null": [None],
    "list of lists": [[CALLBACK]],
    "list of objects": [{"a": 1}],
    "list of empty text": [""],
    "deep": [[[[[[[[{"a": [[[[]]]]}]]]]]]]],
}


@pytest.mark.parametrize("name", FIELDS)
def test_any_value_of_a_field_is_refused_or_accepted_safely(app: Flask, name: str) -> None:
    for label, value in VALUES.items():
        answer = register(app, **{name: value})
        assert answer.status_code in (201, 400, 413), label
        assert answer.headers["Cache-Control"] == "no-store"
        if answer.status_code == 201:
            assert_public_client(answer)
        else:
            assert_metadata_error(answer)


@pytest.mark.parametrize("name", FIELDS)
def test_a_bad_change_of_a_registration_changes_nothing(app: Flask, client: FlaskClient, name: str) -> None:
    registered = register(app).get_json()
    path = registered["registration_client_uri"].removeprefix(ORIGIN)
    auth = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    before = client.get(path, headers=auth).get_json()
    for label, value in VALUES.items():
        client.environ_base["REMOTE_ADDR"] = new_address()
        body = {"client_id": registered["client_id"], "client_name": "Changed", "redirect_uris": [CALLBACK]}
        answer = client.put(path, headers=auth, json={**body, name: value})
        now = client.get(path, headers=auth).get_json()
        if answer.status_code == 200:
            assert now == {name: kept for name, kept in answer.get_json().items() if name != "warnings"}, label
            before = now
        else:
            assert_metadata_error(answer)
            assert now == before, label


@pytest.mark.parametrize(
    "body",
    [
        '{"redirect_uris": ["https://a.example/cb"], "redirect_uris": ["https://evil.example/cb"]}',
        '{"client_name": "One", "client_name": "Two", "redirect_uris": ["https://a.example/cb"]}',
        '{"redirect_uris": ["https://a.example/cb"], "jwks": {"keys": [], "keys": []}}',
    ],
)
def test_a_field_that_is_there_twice_is_refused(app: Flask, body: str) -> None:
    answer = post(app, body)
    assert_metadata_error(answer)
    assert "twice" in answer.get_json()["error_description"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "{",
        "[]",
        "null",
        "1e999",
        "NaN",
        '"x"',
        "{}{}",
        "{'a': 1}",
        "[" * 9_000,
        '{"a":' * 2_000,
        "\ufeff{}",
        '{"redirect_uris": ["https://a.example/cb"], "x": NaN}',
        '{"redirect_uris": ["https://a.example/cb"], "x": [-Infinity]}',
        '{"redirect_uris": ["https://a.example/cb"], "x": {"y": 1e999}}',
        "9" * 5_000,
    ],
)
def test_what_is_no_json_object_is_refused(app: Flask, body: str) -> None:
    assert_metadata_error(post(app, body))


def test_metadata_in_the_address_is_not_read(app: Flask) -> None:
    assert_metadata_error(post(app, "{}", query_string={"redirect_uris": CALLBACK}))
    assert_metadata_error(post(app, "", query_string={"redirect_uris": CALLBACK}))


def test_a_registration_is_at_most_16_kb(app: Flask) -> None:
    callbacks = [f"https://app.example/{'x' * 1_900}{number}" for number in range(10)]
    assert register(app, redirect_uris=callbacks[:7]).status_code == 201
    too_large = register(app, redirect_uris=callbacks)
    assert (too_large.status_code, too_large.get_json()["error"]) == (413, "invalid_client_metadata")


def test_ten_callbacks_are_the_most(app: Flask) -> None:
    callbacks = [f"https://app.example/{number}" for number in range(11)]
    assert register(app, redirect_uris=callbacks[:10]).get_json()["redirect_uris"] == callbacks[:10]
    assert register(app, redirect_uris=callbacks).get_json()["error"] == "invalid_redirect_uri"


def test_nobody_chooses_what_is_ours_to_choose(app: Flask) -> None:
    metadata = {
        "client_secret": "x",
        "registration_access_token": "cbm_x",
        "registration_client_uri": "https://evil.example",
        "client_id_issued_at": 0,
        "user_id": "usr_x",
        "kind": "own",
        "token_endpoint_auth_method": "client_secret_basic",
    }
    body = register(app, **metadata).get_json()
    assert body["client_id"].startswith("cli_")
    assert body["registration_client_uri"] == f"{ORIGIN}/api/oauth/register/{body['client_id']}"
    assert body["registration_access_token"].startswith("cbm_")
    assert body["client_id_issued_at"] > 1_700_000_000
    assert body["token_endpoint_auth_method"] == "none"
    assert not {"client_secret", "user_id", "kind"} & body.keys()


@pytest.mark.parametrize("changes", [{}, {"client_id": None}, {"client_id": ""}, {"client_id": "cli_00000000000000000000000000"}])
def test_a_change_that_does_not_name_its_client_is_refused(app: Flask, client: FlaskClient, changes: dict[str, Any]) -> None:
    """RFC 7592, section 2.2."""
    registered = register(app).get_json()
    path = registered["registration_client_uri"].removeprefix(ORIGIN)
    auth = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    answer = client.put(path, headers=auth, json={"client_name": "Changed", "redirect_uris": [CALLBACK], **changes})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client_metadata")
    assert client.get(path, headers=auth).get_json()["client_name"] == registered["client_name"]


@pytest.mark.parametrize("scope", [5, True, [], ["tasks:read"], {"tasks": "read"}])
def test_a_scope_that_is_no_text_is_refused(app: Flask, scope: object) -> None:
    answer = register(app, scope=scope)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript://app.example/%0aalert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://app.example/logo.png",
        "app.example/logo.png",
        "//app.example/logo.png",
        "https:///logo.png",
        "https://[::1/logo.png",
        "https://app.example/\nlogo.png",
        "",
    ],
)
@pytest.mark.parametrize("name", ["client_uri", "logo_uri", "tos_uri", "policy_uri"])
def test_an_address_of_no_page_is_left_out(app: Flask, name: str, address: str) -> None:
    answer = register(app, **{name: address})
    assert (answer.status_code, name in answer.get_json()) == (201, False)


def test_addresses_of_pages_are_kept_as_they_were_sent(app: Flask) -> None:
    pages = {
        "client_uri": "https://app.example",
        "logo_uri": "http://app.example/logo.png?size=64",
        "tos_uri": "https://app.example/terms#changes",
        "policy_uri": "HTTPS://App.example/privacy",
    }
    assert pages.items() <= register(app, **pages).get_json().items()


def assert_public_client(answer: TestResponse) -> None:
    body = answer.get_json()
    assert (body["token_endpoint_auth_method"], "client_secret" in body) == ("none", False)
    assert body["redirect_uris"] == [CALLBACK]


def assert_metadata_error(answer: TestResponse) -> None:
    assert answer.mimetype == "application/json"
    assert answer.get_json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri", "invalid_request")
    description = answer.get_json()["error_description"]
    assert description.isascii()
    assert not set('"\\\r\n\0') & set(description)


def post(app: Flask, body: str, **request: Any) -> TestResponse:
    return app.test_client().post(
        "/api/oauth/register",
        data=body.encode(),
        content_type="application/json",
        environ_base={"REMOTE_ADDR": new_address()},
        **request,
    )
