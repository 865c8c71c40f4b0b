"""Compressed are the pages that are named, and no other; what arrives is the same."""

import gzip
import re

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.shared.transport.compression import COMPRESSED_PAGES, MIN_BYTES, compress
from tests.portal.forms import key_form, send
from tests.support.users import TestUser

pytestmark = pytest.mark.database("sqlite")

_BOTH = {"Accept-Encoding": "gzip, deflate, br, zstd"}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("br;q=0.1, gzip", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("", None),
        ("identity", None),
        ("deflate, zstd", None),
        ("br;q=0, gzip;q=0", None),
        ("br;q=one, \N{BULLET}".encode().decode("latin1"), None),
    ],
)
def test_a_page_arrives_as_the_client_takes_it(client: FlaskClient, accepted: str, encoding: str | None) -> None:
    plain = client.get("/docs/errors")
    answer = client.get("/docs/errors", headers={"Accept-Encoding": accepted})
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert answer.headers.get("Content-Encoding") == encoding
    assert unpack(answer.data) == plain.data
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_the_head_of_a_page_tells_of_the_same(client: FlaskClient) -> None:
    got, head = (client.open("/docs/errors", method=method, headers=_BOTH) for method in ("GET", "HEAD"))
    for name in ("Content-Encoding", "Content-Length", "Vary"):
        assert head.headers[name] == got.headers[name]
    assert head.data == b""


def test_the_page_takes_a_fifth_of_its_bytes(person: TestUser) -> None:
    browser = person.sign_in()
    plain, light = browser.get("/integrations"), browser.get("/integrations", headers=_BOTH)
    assert len(light.data) < len(plain.data) / 5
    assert len(light.data) < 20_000
    assert light.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("length", "encoding"), [(MIN_BYTES - 1, None), (MIN_BYTES, "br")])
def test_a_short_answer_is_left_as_it_is(app: Flask, length: int, encoding: str | None) -> None:
    with app.test_request_context("/docs/errors", headers=_BOTH):
        assert compress(app.response_class("x" * length)).headers.get("Content-Encoding") == encoding


def test_an_answer_with_a_tag_is_left_as_it_is(app: Flask) -> None:
    """The tag names these very bytes."""
    with app.test_request_context("/docs/errors", headers=_BOTH):
        assert "Content-Encoding" not in compress(app.response_class("x" * MIN_BYTES, headers={"ETag": '"1"'})).headers


def test_no_page_is_compressed_but_those_named(app: Flask, owner: TestUser) -> None:
    browser = owner.sign_in()
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    found = {rule.endpoint for rule in rules if _is_compressed(browser, re.sub(r"<[^>]+>", "tasks", rule.rule))}
    assert found <= COMPRESSED_PAGES
    assert {"portal.integrations", "portal.api_reference", "portal.noun_reference", "portal.llms_text"} <= found
    assert {rule.endpoint for rule in rules} >= COMPRESSED_PAGES


def _is_compressed(browser: FlaskClient, path: str) -> bool:
    return "Content-Encoding" in browser.get(path, headers=_BOTH, buffered=True).headers


def test_the_page_that_shows_a_secret_is_not_compressed(person: TestUser) -> None:
    browser = person.sign_in()
    sent = send(browser, "/integrations", "/integrations/keys", **key_form("Not compressed"))
    shown = browser.get(sent.location, headers=_BOTH)
    assert 'id="secret"' in shown.text
    assert "Content-Encoding" not in shown.headers


@pytest.mark.parametrize("accepted", ["gzip", "br"])
def test_an_answer_to_a_program_is_left_as_it_is(owner: TestUser, accepted: str) -> None:
    answer = owner.api.get("/projects", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
