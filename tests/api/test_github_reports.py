"""What GitHub's secret scanning finds is ended, where its signature fits."""

import base64
import hashlib
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from werkzeug.test import TestResponse

from api.framework.bodies import MAX_BYTES
from calmboard.access.credentials.key_life.github_reports import REPORT_LIMIT, is_signed
from calmboard.access.secret_format import new_secret
from calmboard.settings import SETTINGS
from tests.api.mcp.tokens import Tokens
from tests.support.audit import audit_entries
from tests.support.users import Api, TestUser, new_address
from tests.support.writers import writing_elsewhere

PATH = "/hooks/github/secret-scanning"
KEY_ID = "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d"
# The example of GitHub's documentation, whole.
DOCUMENTED_KEY = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP\n"
    "HzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==\n"
    "-----END PUBLIC KEY-----"
)
DOCUMENTED_BODY = (
    b'[{"token":"NMIfyYncKcRALEXAMPLE","type":"mycompany_api_token","url":"https://github.com/octocat/Hello-World/blob/'
    b'12345600b9cbe38a219f39a9941c9319b600c002/foo/bar.txt","source":"content"}]'
)
DOCUMENTED_SIGNATURE = "MEUCIQDfLvT8/zM8F1aB3cM0ZwyeWF1m5YR6IhcUIv1OKQYL0wIgBZ5lVXB3gHK+dT8+xt0WgRVLqvsTPFiDO9QP/7eJ4yE="

Send = Callable[..., TestResponse]


@pytest.fixture
def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def requests() -> list[str]:
    """The requests that GitHub's server received."""
    return []


@pytest.fixture
def outage() -> threading.Event:
    """Set while GitHub does not say which keys are its own."""
    return threading.Event()


@pytest.fixture
def keys_url(
    requests: list[str],
    outage: threading.Event,
    signing_key: ec.EllipticCurvePrivateKey,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """A server that publishes the key as GitHub does; its certificate is trusted."""
    published = published_keys(signing_key)

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            self.send_response(503 if outage.is_set() else 200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.end_headers()
            self.wfile.write(published)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate[0]))
    with HTTPServer(("127.0.0.1", 0), Keys) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}/meta"
        server.shutdown()


def published_keys(signing_key: ec.EllipticCurvePrivateKey) -> bytes:
    pem = signing_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return json.dumps({"public_keys": [{"key_identifier": KEY_ID, "key": pem, "is_current": True}]}).encode()


@pytest.fixture
def scanned(make_app: Callable[..., Flask], keys_url: str) -> Flask:
    return make_app(github_keys_url=keys_url, outgoing_allow=(ip_network("127.0.0.0/8"),))


@pytest.fixture
def send(scanned: Flask, signing_key: ec.EllipticCurvePrivateKey) -> Send:
    """Send a body as GitHub does, signed."""

    def post(body: Any, **headers: str) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        signature = base64.b64encode(signing_key.sign(data, ec.ECDSA(hashes.SHA256()))).decode()
        sent = {"GitHub-Public-Key-Identifier": KEY_ID, "GitHub-Public-Key-Signature": signature, **headers}
        return scanned.test_client().post(PATH, data=data, content_type="application/json", headers=sent)

    return post


def test_the_documented_example_is_signed() -> None:
    assert is_signed(DOCUMENTED_BODY, DOCUMENTED_KEY, DOCUMENTED_SIGNATURE)
    assert not is_signed(DOCUMENTED_BODY + b" ", DOCUMENTED_KEY, DOCUMENTED_SIGNATURE)
    assert not is_signed(DOCUMENTED_BODY, DOCUMENTED_KEY, "")
    assert not is_signed(DOCUMENTED_BODY, DOCUMENTED_KEY, "not base64")
    assert not is_signed(DOCUMENTED_BODY, "no key", DOCUMENTED_SIGNATURE)


def test_a_key_of_another_kind_signs_nothing() -> None:
    public = rsa.generate_private_key(65537, 2048).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert not is_signed(DOCUMENTED_BODY, pem, DOCUMENTED_SIGNATURE)


def test_what_github_found_works_no_more_and_its_owner_learns_where(
    scanned: Flask, new_user: Callable[..., TestUser], send: Send
) -> None:
    person = new_user()
    found, stranger = person.new_key("In a repository"), new_secret("cbk")
    key_id = Api(scanned, found).get("/me").json["credential"]["id"]
    url = "https://github.com/octocat/Hello-World/blob/main/.env"
    answer = send([{"token": secret, "type": "calmboard_api_key", "url": url} for secret in (found, stranger)])
    assert answer.status_code == 200
    assert answer.json == [
        {"token_hash": hashlib.sha256(secret.encode()).hexdigest(), "token_type": "calmboard_api_key", "label": label}
        for secret, label in ((found, "true_positive"), (stranger, "false_positive"))
    ]
    assert Api(scanned, found).get("/me").json["code"] == "api_key_revoked"
    entry = audit_entries(scanned, subject_id=key_id)[-1]
    assert (entry.details["reason"], entry.details["found_at"]) == ("leaked", url)


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_of_a_token_the_person_learns_where_too(
    scanned: Flask, new_user: Callable[..., TestUser], send: Send, which: str
) -> None:
    person, url = new_user(), "https://github.com/octocat/Hello-World/issues/1"
    tokens = Tokens(scanned).pair(person, SETTINGS.get(scanned).origin)
    answer = send([{"token": getattr(tokens, which), "type": "calmboard_token", "url": url}])
    assert [one["label"] for one in answer.json or ()] == ["true_positive"]
    entry = audit_entries(scanned, user_id=person.person.id)[-1]
    assert (entry.action, entry.details["reason"], entry.details["found_at"]) == ("grant.ended", "leaked", url)


@pytest.mark.database("sqlite")
def test_what_is_not_ours_waits_for_no_writer(scanned: Flask, send: Send) -> None:
    with writing_elsewhere(scanned):
        answer = send([{"token": new_secret("cbk"), "type": "calmboard_api_key", "url": "x"}, {"token": "not a secret"}])
    assert [one["label"] for one in answer.json or ()] == ["false_positive"] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {"GitHub-Public-Key-Signature": ""},
        {"GitHub-Public-Key-Signature": DOCUMENTED_SIGNATURE},
        {"GitHub-Public-Key-Identifier": "another"},
        {"GitHub-Public-Key-Identifier": ""},
    ],
)
def test_what_is_not_signed_by_github_ends_nothing(
    scanned: Flask, new_user: Callable[..., TestUser], send: Send, headers: dict[str, str]
) -> None:
    person = new_user()
    secret = person.new_key("Not found")
    answer = send([{"token": secret, "type": "x", "url": "x"}], **headers)
    assert (answer.status_code, (answer.json or {})["code"]) == (400, "invalid_request")
    assert Api(scanned, secret).get("/me").status_code == 200


@pytest.mark.parametrize("body", [{}, [1], [{"token": 1}], [{"type": "x"}], [{"token": "x", "url": 1}], [{}] * 1001])
def test_what_is_no_report_is_said_to_be_none(send: Send, body: Any) -> None:
    assert send(body).status_code == 422


def test_keys_that_nobody_knows_do_not_make_us_ask_github_each_time(send: Send, requests: list[str]) -> None:
    for number in range(5):
        assert send([], **{"GitHub-Public-Key-Identifier": f"{number}"}).status_code == 400
    assert len(requests) == 1


def test_it_is_not_there_unless_it_is_switched_on(app: Flask) -> None:
    assert app.test_client().post(PATH, json=[]).status_code == 404


def test_while_github_does_not_answer_the_kept_keys_are_good_and_it_is_not_asked_each_time(
    send: Send, requests: list[str], outage: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send([]).status_code == 200
    outage.set()
    later = time.monotonic() + 7200
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert [send([]).status_code for _ in range(3)] == [200, 200, 200]
    assert send([], **{"GitHub-Public-Key-Identifier": "another"}).status_code == 400
    assert len(requests) == 2


def test_githubs_first_answer_is_not_waited_for_by_each_report(send: Send, requests: list[str], outage: threading.Event) -> None:
    outage.set()
    assert [send([]).status_code for _ in range(3)] == [503, 503, 503]
    assert len(requests) == 1


def test_a_network_reports_so_often_and_no_more(scanned: Flask) -> None:
    client = scanned.test_client()
    client.environ_base["REMOTE_ADDR"] = new_address()
    statuses = Counter(client.post(PATH, data="{", content_type="text/plain").status_code for _ in range(REPORT_LIMIT.amount + 1))
    assert statuses == {415: REPORT_LIMIT.amount, 429: 1}


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 10 * MAX_BYTES])
def test_a_report_that_is_too_large_is_refused(send: Send, size: int) -> None:
    assert send(b" " * size).status_code == 413


def test_without_githubs_keys_it_is_tried_again_later(make_app: Callable[..., Flask]) -> None:
    app = make_app(github_keys_url="https://127.0.0.1:9/gone", outgoing_allow=(ip_network("127.0.0.0/8"),))
    assert app.test_client().post(PATH, json=[]).status_code == 503
