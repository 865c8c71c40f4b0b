"""Clients whose id is the URL of their metadata: fetched safely, for signed-in people only, and not trusted beyond that."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from calmboard.clock import now
from calmboard.db import db
from calmboard.models import OAuthClient
from calmboard.outgoing.fetch import FETCH, OutgoingRefused, make_fetch
from tests.oauth.conftest import HostApp, redirect_parameters
from tests.support.users import TestUser

ADDRESS = "https://app.example/oauth/client-metadata"
CALLBACK = "http://localhost/callback"
Make = Callable[..., HostApp]


class FakeWeb:
    """The documents by URL, and the URLs that were requested."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.requested_urls: list[str] = []

    def __call__(self, url: str, _max_bytes: int) -> bytes:
        self.requested_urls.append(url)
        if url not in self.documents:
            raise OutgoingRefused("Nothing is there.")
        document = self.documents[url]
        return document if isinstance(document, bytes) else json.dumps(document).encode()


@pytest.fixture
def web(app: Flask) -> Iterator[FakeWeb]:
    web, fetch = FakeWeb(), FETCH.get(app)
    FETCH.set(app, web)
    yield web
    FETCH.set(app, fetch)


@pytest.fixture
def application(host_app: Make, owner: TestUser) -> HostApp:
    return replace(host_app(owner), redirect_uri="http://localhost:57470/callback")


def _published() -> list[Any]:
    """What applications publish as their metadata today."""
    tried = "OAuth: is identified by the metadata that it publishes, and authorizes"
    documents = {path.stem: json.loads(path.read_text()) for path in sorted(Path(__file__).parent.glob("documents/*.json"))}
    return [
        pytest.param(one["body"], marks=pytest.mark.compatibility(one["client"], tried, version="as published"), id=name)
        for name, one in documents.items()
    ]


@pytest.mark.parametrize("published", _published())
def test_the_metadata_of_real_clients_is_taken(web: FakeWeb, application: HostApp, published: dict[str, Any]) -> None:
    web.documents[published["client_id"]] = published
    real = replace(application, client_id=published["client_id"], redirect_uri=published["redirect_uris"][-1])
    assert real.get_tokens()["scope"]


def document(address: str, **changes: Any) -> dict[str, Any]:
    return {"client_id": address, "client_name": "Claude Code", "redirect_uris": [CALLBACK], **changes}


def test_an_application_may_be_identified_by_its_metadata_url(web: FakeWeb, application: HostApp) -> None:
    address = f"{ADDRESS}/works"
    web.documents[address] = document(address)
    application.client_id = address
    page = application.open_consent()
    assert "Claude Code" in page.text
    assert application.api(application.get_tokens()["access_token"]).get("/me").status_code == 200
    assert web.requested_urls == [address]


def test_nobody_makes_us_fetch_without_signing_in(app: Flask, web: FakeWeb, application: HostApp) -> None:
    application.client_id = f"{ADDRESS}/signed-out"
    answer = app.test_client().get("/api/oauth/authorize", query_string=application.request())
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")
    assert application.token(grant_type="refresh_token", client_id=application.client_id, refresh_token="x").status_code == 401
    assert web.requested_urls == []


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "https://app.example/another"},
        {"redirect_uris": []},
        {"redirect_uris": None},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["http://public.example/cb"]},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_methods_supported": "none"},
        {"redirect_uris": ["https://*.app.example/cb"]},
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
def test_an_invalid_document_is_refused_and_not_stored(web: FakeWeb, application: HostApp, changes: dict[str, Any]) -> None:
    address = f"{ADDRESS}/{abs(hash(str(changes)))}"
    application.client_id = address
    web.documents[address] = document(address, **changes)
    refused = application.open_consent()
    assert (refused.status_code, "Location" in refused.headers) == (400, False)
    assert "Tell the people who make it. Nothing was granted." in re.sub("<[^>]+>", "", refused.text)
    web.documents[address] = document(address)
    assert application.open_consent().status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"[" * 5000])
def test_a_document_that_is_no_object_is_refused(web: FakeWeb, application: HostApp, body: bytes) -> None:
    application.client_id = f"{ADDRESS}/{len(body)}-{body[:1].hex()}"
    web.documents[application.client_id] = body
    assert application.open_consent().status_code == 400


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
def test_an_address_that_cannot_be_a_client_is_never_fetched(web: FakeWeb, application: HostApp, address: str) -> None:
    application.client_id = address
    assert application.open_consent().status_code == 400
    assert web.requested_urls == []


def test_what_else_a_document_holds_does_no_harm(web: FakeWeb, application: HostApp) -> None:
    application.client_id = f"{ADDRESS}/more"
    more = {"jwks": {"keys": [{"kty": "EC", "x": "x", "y": "y"}, 7]}, "contacts": ["a"], "logo_uri": "https://evil.example/x.svg"}
    web.documents[application.client_id] = document(application.client_id, **more)
    page = application.open_consent()
    assert page.status_code == 200
    assert "evil.example" not in page.text
    assert "describes itself at the address under Client ID" in page.text
    assert application.client_id in page.text.replace("<wbr>", "")


@pytest.mark.parametrize("name", [None, "", "   ", 7, "a\x1bb", "\u202eexample", ["x"], "\ud800"])
def test_a_document_without_a_readable_name_goes_by_its_host(web: FakeWeb, application: HostApp, name: Any) -> None:
    application.client_id = f"{ADDRESS}/nameless-{ascii(name).encode().hex()}"
    web.documents[application.client_id] = document(application.client_id, client_name=name)
    assert "<h1>app.example wants to work in" in application.open_consent().text


def test_a_document_is_read_again_after_an_hour(app: Flask, web: FakeWeb, application: HostApp) -> None:
    application.client_id = f"{ADDRESS}/hourly"
    web.documents[application.client_id] = document(application.client_id)
    assert application.open_consent().status_code == application.open_consent().status_code == 200
    assert len(web.requested_urls) == 1
    web.documents[application.client_id] = document(application.client_id, redirect_uris=["https://app.example/elsewhere"])
    with app.app_context():
        db.session.get_one(OAuthClient, application.client_id).fresh_until = now() - timedelta(seconds=1)
        db.session.commit()
    assert application.open_consent().status_code == 400
    assert len(web.requested_urls) == 2


def test_what_a_document_was_granted_outlives_its_host(app: Flask, web: FakeWeb, application: HostApp) -> None:
    application.client_id = f"{ADDRESS}/gone"
    web.documents[application.client_id] = document(application.client_id)
    tokens = application.get_tokens()
    del web.documents[application.client_id]
    with app.app_context():
        db.session.get_one(OAuthClient, application.client_id).fresh_until = now() - timedelta(seconds=1)
        db.session.commit()
    assert application.open_consent().status_code == 400
    assert application.refresh(tokens["refresh_token"]).status_code == 200


def test_only_the_registered_callback_is_called(web: FakeWeb, application: HostApp) -> None:
    address = f"{ADDRESS}/callbacks"
    web.documents[address] = document(address)
    application.client_id = address
    assert application.open_consent(redirect_uri="https://elsewhere.example/callback").status_code == 400
    assert redirect_parameters(application.decide())["state"] == "s-1"


def test_nobody_makes_us_fetch_without_limit(web: FakeWeb, host_app: Make, new_user: Callable[..., TestUser]) -> None:
    application = host_app(new_user())
    statuses = []
    for number in range(7):
        application.client_id = f"https://host{number}.example/client"
        statuses.append(application.open_consent().status_code)
    assert (statuses, len(web.requested_urls)) == ([400] * 6 + [429], 6)


def test_nobody_makes_us_fetch_from_one_server_without_limit(
    web: FakeWeb, host_app: Make, new_user: Callable[..., TestUser]
) -> None:
    people = [host_app(new_user()) for _ in range(11)]
    statuses = []
    for number in range(61):
        application = people[number % 11]
        application.client_id = f"https://asked-often.example/client/{number}"
        statuses.append(application.open_consent().status_code)
    assert (statuses, len(web.requested_urls)) == ([400] * 60 + [429], 60)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..example", f"{'a' * 64}.example", "%00", "[v1.a]", "[fe80::1%25lo]", "-"])
def test_an_unknown_host_is_explained_on_a_page(application: HostApp, host: str) -> None:
    """Without FakeWeb: the lookup of the name is the real one."""
    application.client_id = f"https://{host}/client"
    answer = application.open_consent()
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    message = f"own description at {application.client_id} cannot be read. Try again in a few minutes; if nothing changes, tell"
    assert message in re.sub("<[^>]+>", "", answer.text)


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
def test_no_address_of_our_own_network_is_ever_fetched(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        make_fetch()(url, 5_000)


@pytest.mark.parametrize(
    ("callback", "is_its_own"),
    [
        ("https://app.example/callback", True),
        ("https://app.example:443/callback", True),
        ("https://app.example:8443/callback", False),
        ("https://www.app.example/callback", False),
        (CALLBACK, False),
        ("app.example://callback", False),
    ],
)
def test_an_error_is_redirected_unasked_only_to_where_the_document_lies(
    web: FakeWeb, application: HostApp, callback: str, is_its_own: bool
) -> None:
    application.client_id, application.redirect_uri = f"{ADDRESS}/{callback.replace('/', '-')}", callback
    web.documents[application.client_id] = document(application.client_id, redirect_uris=[callback])
    answer = application.open_consent(scope="nope")
    assert (answer.status_code, "Location" in answer.headers) == ((303, True) if is_its_own else (400, False))
