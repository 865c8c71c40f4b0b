"""Clients that are the address of their own metadata: read safely, for signed-in people only, and never trusted further."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from calmboard.db import db, now
from calmboard.models import OAuthClient
from calmboard.outgoing import OutgoingRefused, make_fetch
from tests.oauth.conftest import HostApp, returned
from tests.support.users import TestUser

ADDRESS = "https://app.example/oauth/client-metadata"
CALLBACK = "http://localhost/callback"
Make = Callable[..., HostApp]


class Web:
    """What lies at which address, and how often it was asked for."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []

    def __call__(self, url: str, _max_bytes: int) -> bytes:
        self.asked.append(url)
        if url not in self.documents:
            raise OutgoingRefused("Nothing is there.")
        document = self.documents[url]
        return document if isinstance(document, bytes) else json.dumps(document).encode()


@pytest.fixture
def web(app: Flask) -> Iterator[Web]:
    web, fetch = Web(), app.extensions["calmboard_fetch"]
    app.extensions["calmboard_fetch"] = web
    yield web
    app.extensions["calmboard_fetch"] = fetch


@pytest.fixture
def stranger(host_app: Make, owner: TestUser) -> HostApp:
    return replace(host_app(owner), redirect_uri="http://localhost:57470/callback")


def document(address: str, **changes: Any) -> dict[str, Any]:
    return {"client_id": address, "client_name": "Claude Code", "redirect_uris": [CALLBACK], **changes}


def test_an_application_may_be_its_own_address(web: Web, stranger: HostApp) -> None:
    address = f"{ADDRESS}/works"
    web.documents[address] = document(address)
    stranger.client_id = address
    page = stranger.open_consent()
    assert "Claude Code" in page.text
    assert stranger.api(stranger.get_tokens()["access_token"]).get("/me").status_code == 200
    assert web.asked == [address]


def test_nobody_makes_us_ask_around_without_signing_in(app: Flask, web: Web, stranger: HostApp) -> None:
    stranger.client_id = f"{ADDRESS}/unasked"
    answer = app.test_client().get("/api/oauth/authorize", query_string=stranger.request())
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")
    assert stranger.token(grant_type="refresh_token", client_id=stranger.client_id, refresh_token="x").status_code == 401
    assert web.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "https://app.example/another"},
        {"redirect_uris": []},
        {"redirect_uris": None},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["http://public.example/cb"]},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"client_secret": "x"},
        {"client_secret": None},
        {"client_secret_expires_at": 0},
        {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "d"}]}},
        {"jwks": {"keys": [{"kty": "oct", "k": "k"}]}},
        {"redirect_uris": ["http://localhost/callback"] * 11},
        {"redirect_uris": "http://localhost/callback"},
        {"redirect_uris": [["http://localhost/callback"]]},
    ],
)
def test_a_document_that_does_not_do_is_refused_and_not_remembered(web: Web, stranger: HostApp, changes: dict[str, Any]) -> None:
    address = f"{ADDRESS}/{abs(hash(str(changes)))}"
    stranger.client_id = address
    web.documents[address] = document(address, **changes)
    refused = stranger.open_consent()
    assert (refused.status_code, "Location" in refused.headers) == (400, False)
    assert "Tell the people who make it. Nothing was granted." in re.sub("<[^>]+>", "", refused.text)
    web.documents[address] = document(address)
    assert stranger.open_consent().status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"[" * 5000])
def test_a_document_that_is_no_object_is_refused(web: Web, stranger: HostApp, body: bytes) -> None:
    stranger.client_id = f"{ADDRESS}/{len(body)}-{body[:1].hex()}"
    web.documents[stranger.client_id] = body
    assert stranger.open_consent().status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "http://app.example/client",
        "https://app.example",
        "https://app.example/",
        "https://app.example/a/../b",
        "https://app.example/a/./b",
        f"https://app.example/{'x' * 1_990}",
        "https://app.example/a/%2e%2E/b",
        "https://app.example/a/.%2e/b",
        "https://app.example\\client",
        "https://app.example/cli ent",
        "https://app.example/\tclient",
        "https://app.exämple/client",
        "https://user@app.example/client",
        "https://app.example/client#x",
        "https://app.example:x/client",
        "https:///client",
        "ftp://app.example/client",
    ],
)
def test_an_address_that_cannot_be_a_client_is_never_asked(web: Web, stranger: HostApp, address: str) -> None:
    stranger.client_id = address
    assert stranger.open_consent().status_code == 400
    assert web.asked == []


def test_what_else_a_document_holds_does_no_harm(web: Web, stranger: HostApp) -> None:
    stranger.client_id = f"{ADDRESS}/more"
    more = {"jwks": {"keys": [{"kty": "EC", "x": "x", "y": "y"}, 7]}, "contacts": ["a"], "logo_uri": "https://evil.example/x.svg"}
    web.documents[stranger.client_id] = document(stranger.client_id, **more)
    page = stranger.open_consent()
    assert page.status_code == 200
    assert "evil.example" not in page.text
    assert "describes itself at the address under Client ID" in page.text
    assert stranger.client_id in page.text.replace("<wbr>", "")


@pytest.mark.parametrize("name", [None, "", "   ", 7, "a\nb", "\u202eexample", ["x"], "\ud800"])
def test_a_document_without_a_readable_name_goes_by_its_host(web: Web, stranger: HostApp, name: Any) -> None:
    stranger.client_id = f"{ADDRESS}/nameless-{ascii(name).encode().hex()}"
    web.documents[stranger.client_id] = document(stranger.client_id, client_name=name)
    assert "<h1>app.example wants to work in" in stranger.open_consent().text


def test_a_document_is_read_again_after_an_hour(app: Flask, web: Web, stranger: HostApp) -> None:
    stranger.client_id = f"{ADDRESS}/hourly"
    web.documents[stranger.client_id] = document(stranger.client_id)
    assert stranger.open_consent().status_code == stranger.open_consent().status_code == 200
    assert len(web.asked) == 1
    web.documents[stranger.client_id] = document(stranger.client_id, redirect_uris=["https://app.example/elsewhere"])
    with app.app_context():
        db.session.get_one(OAuthClient, stranger.client_id).fresh_until = now() - timedelta(seconds=1)
        db.session.commit()
    assert stranger.open_consent().status_code == 400
    assert len(web.asked) == 2


def test_what_a_document_was_granted_outlives_its_host(app: Flask, web: Web, stranger: HostApp) -> None:
    stranger.client_id = f"{ADDRESS}/gone"
    web.documents[stranger.client_id] = document(stranger.client_id)
    tokens = stranger.get_tokens()
    del web.documents[stranger.client_id]
    with app.app_context():
        db.session.get_one(OAuthClient, stranger.client_id).fresh_until = now() - timedelta(seconds=1)
        db.session.commit()
    assert stranger.open_consent().status_code == 400
    assert stranger.refresh(tokens["refresh_token"]).status_code == 200


def test_only_the_registered_callback_is_called(web: Web, stranger: HostApp) -> None:
    address = f"{ADDRESS}/callbacks"
    web.documents[address] = document(address)
    stranger.client_id = address
    assert stranger.open_consent(redirect_uri="https://elsewhere.example/callback").status_code == 400
    assert returned(stranger.decide())["state"] == "s-1"


def test_nobody_makes_us_ask_around_without_end(web: Web, host_app: Make, new_user: Callable[..., TestUser]) -> None:
    stranger = host_app(new_user())
    statuses = []
    for number in range(7):
        stranger.client_id = f"https://host{number}.example/client"
        statuses.append(stranger.open_consent().status_code)
    assert (statuses, len(web.asked)) == ([400] * 6 + [429], 6)


def test_nobody_makes_us_ask_one_server_without_end(web: Web, host_app: Make, new_user: Callable[..., TestUser]) -> None:
    people = [host_app(new_user()) for _ in range(11)]
    statuses = []
    for number in range(61):
        stranger = people[number % 11]
        stranger.client_id = f"https://asked-often.example/client/{number}"
        statuses.append(stranger.open_consent().status_code)
    assert (statuses, len(web.asked)) == ([400] * 60 + [429], 60)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..example", f"{'a' * 64}.example", "%00", "[v1.a]", "[fe80::1%25lo]", "-"])
def test_a_host_that_cannot_be_found_is_told_on_a_page(stranger: HostApp, host: str) -> None:
    """Without the web of these tests: the look-up of a name is the real one."""
    stranger.client_id = f"https://{host}/client"
    answer = stranger.open_consent()
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    told = f"own description at {stranger.client_id} cannot be read. Try again in a few minutes; if nothing changes, tell"
    assert told in re.sub("<[^>]+>", "", answer.text)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/client",
        "https://localhost/client",
        "https://[::1]/client",
        "https://[::ffff:127.0.0.1]/client",
        "https://10.0.0.1/client",
        "https://172.16.0.1/client",
        "https://192.168.1.1/client",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/client",
        "https://2130706433/client",
        "http://127.0.0.1/client",
        "file:///etc/passwd",
    ],
)
def test_no_address_of_our_own_network_is_ever_asked(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        make_fetch()(url, 5_000)
