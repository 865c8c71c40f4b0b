"""How a client says who it is (RFC 6749, sections 2.3 and 5.2): all are public, and libraries send HTTP Basic by themselves."""

import base64
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.oauth.conftest import HostApp
from tests.support.users import TestUser, new_address

Make = Callable[..., HostApp]

_UNKNOWN = "cli_00000000000000000000000000"


def basic(pair: str | bytes, scheme: str = "Basic") -> dict[str, str]:
    raw = pair if isinstance(pair, bytes) else pair.encode()
    return {"Authorization": f"{scheme} {base64.b64encode(raw).decode()}"}


def post(app: Flask, path: str, headers: dict[str, str], **form: str) -> TestResponse:
    address = {"REMOTE_ADDR": new_address()}
    return app.test_client().post(f"/api/oauth/{path}", data=form, headers=headers, environ_base=address)


@pytest.fixture
def application(host_app: Make, owner: TestUser) -> HostApp:
    return host_app(owner)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
@pytest.mark.parametrize("written", [str, lambda client_id: quote(client_id).replace("_", "%5F")])
def test_a_public_client_may_send_basic_with_an_empty_secret(
    app: Flask, application: HostApp, scheme: str, written: Callable[[str], str]
) -> None:
    """The id is percent-encoded (section 2.3.1), which few libraries do."""
    headers = basic(f"{written(application.client_id)}:", scheme)
    form = {"code": application.get_code(), "redirect_uri": application.redirect_uri, "code_verifier": application.verifier}
    tokens = post(app, "token", headers, grant_type="authorization_code", **form)
    assert tokens.status_code == 200, tokens.text
    again = post(app, "token", headers, grant_type="refresh_token", refresh_token=tokens.get_json()["refresh_token"])
    assert again.status_code == 200
    assert post(app, "revoke", headers, token=again.get_json()["refresh_token"]).status_code == 200
    assert application.api(again.get_json()["access_token"]).get("/me").json["code"] == "invalid_token"


@pytest.mark.parametrize("extra", [{}, {"client_secret": ""}])
def test_the_same_id_may_stand_in_the_body_too(app: Flask, application: HostApp, extra: dict[str, str]) -> None:
    token = application.get_tokens()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": application.client_id, **extra}
    assert post(app, "token", basic(f"{application.client_id}:"), **form).status_code == 200


def test_an_empty_secret_in_the_body_is_none(app: Flask, application: HostApp) -> None:
    token = application.get_tokens()["refresh_token"]
    assert application.refresh(token, client_secret="").status_code == 200


@pytest.mark.parametrize("path", ["token", "revoke"])
@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("{id}:a-secret", "no secret"),
        (f"{_UNKNOWN}:", "No client has this id"),
        (":", "No client has this id"),
        ("{id}", "no readable Basic"),
        ("{id}\0:", "no readable Basic"),
        ("{id}%00:", "No client has this id"),
        ("%ff:", "No client has this id"),
        (b"\xff\xfe:", "no readable Basic"),
        ("", "no readable Basic"),
        ("x" * 9_000 + ":", "No client has this id"),
    ],
)
def test_a_fault_in_basic_is_challenged_by_basic(
    app: Flask, application: HostApp, path: str, pair: str | bytes, sentence: str
) -> None:
    sent = pair.replace("{id}", application.client_id) if isinstance(pair, str) else pair
    answer = post(app, path, basic(sent), grant_type="refresh_token", refresh_token="x", token="x")
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="')
    assert sentence in answer.get_json()["error_description"]


@pytest.mark.parametrize("header", ["Basic", "Basic ???", "Basic Y2xp=x", "Bearer cbk_x", "Digest x", "x"])
def test_what_is_no_basic_at_all_is_refused(app: Flask, header: str) -> None:
    answer = post(app, "token", {"Authorization": header}, grant_type="refresh_token", refresh_token="x")
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic" if header.startswith("Basic") else "Bearer")


@pytest.mark.parametrize("path", ["token", "revoke"])
@pytest.mark.parametrize("form", [{"client_secret": "x"}, {"client_id": _UNKNOWN}])
def test_two_methods_or_two_clients_are_refused(app: Flask, application: HostApp, path: str, form: dict[str, str]) -> None:
    answer = post(app, path, basic(f"{application.client_id}:"), grant_type="refresh_token", refresh_token="x", token="x", **form)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


def test_a_secret_that_is_not_expected_is_named(application: HostApp) -> None:
    answer = application.refresh("cbr_x", client_secret="x")
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
    assert "client_secret" in answer.get_json()["error_description"]
    assert "Basic" not in answer.headers["WWW-Authenticate"]


def test_another_clients_tokens_stay_out_of_reach_by_basic(
    app: Flask, application: HostApp, host_app: Make, owner: TestUser
) -> None:
    token, other = application.get_tokens()["refresh_token"], host_app(owner)
    answer = post(app, "token", basic(f"{other.client_id}:"), grant_type="refresh_token", refresh_token=token)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_grant")
    assert post(app, "revoke", basic(f"{other.client_id}:"), token=token).status_code == 200
    assert application.refresh(token).status_code == 200
