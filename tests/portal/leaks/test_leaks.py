"""The page on leaked credentials: what it shows works as copied, and its rules find ours and nothing else."""

import json
import re
import shlex
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from calmboard.access.secret_format import new_secret
from calmboard.settings import SettingsError, read_settings
from tests.support.users import Api, TestUser, new_address

_RULES = Path(__file__).parents[3] / "static/rules"
_KINDS = ("cbc", "cbk", "cbm", "cbo", "cbr", "cbs")


@pytest.fixture
def page(app: Flask) -> str:
    return app.test_client().get("/docs/leaks").text


def shown(page: str, name: str) -> str:
    """The text of a block of code."""
    match = re.search(rf'<code id="{name}">(.*?)</code>', page, re.DOTALL)
    assert match
    return unescape(re.sub(r"<[^>]+>", "", match[1]))


def near_misses() -> list[str]:
    secret = new_secret("cbk")
    return [secret[:-1], f"{secret}0", f"cbx{secret[3:]}", secret.upper(), secret.replace("_", "-"), f"a{secret}"]


def test_the_check_tells_ours_from_what_looks_like_them(page: str) -> None:
    names: dict[str, Any] = {}
    exec(shown(page, "leak-check"), names)
    is_ours = names["is_calmboard_secret"]
    for kind in _KINDS:
        secret = new_secret(kind)
        other = "a" if secret[9] != "a" else "b"
        assert is_ours(secret)
        assert not is_ours(f"{secret[:9]}{other}{secret[10:]}")
    assert not any(map(is_ours, near_misses()))


def test_the_report_ends_a_key_as_it_is_shown(app: Flask, page: str, new_user: Callable[..., TestUser]) -> None:
    found = new_user().new_key("Found")
    words = shlex.split(shown(page, "report-curl").replace("\\\n", " ").replace("WHAT_YOU_FOUND", found))
    body = json.loads(words[words.index("-d") + 1])
    path = "/api/" + words[3].partition("/api/")[2]
    answer = app.test_client().open(path, method=words[2], json=body, environ_base={"REMOTE_ADDR": new_address()})
    assert answer.status_code == 202
    assert Api(app, found).get("/me").json["code"] == "api_key_revoked"


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("around", ["KEY={}", "'{}',", "curl -H 'Authorization: Bearer {}'", "{}"])
def test_each_rule_finds_each_kind(page: str, kind: str, around: str) -> None:
    secret = new_secret(kind)
    text = around.format(secret)
    for pattern, keywords, group in (*_rules(), (shown(page, "leak-pattern"), [kind], 0)):
        assert any(keyword in text for keyword in keywords)
        assert [match[group] for match in re.finditer(pattern, text)] == [secret]


def test_no_rule_finds_a_near_miss(page: str) -> None:
    for text in near_misses():
        for pattern, _, _ in (*_rules(), (shown(page, "leak-pattern"), [], 0)):
            assert not re.search(pattern, text)


def _rules() -> list[tuple[str, list[str], int]]:
    """Pattern, keywords and the group of the secret: of gitleaks, and of TruffleHog, in the forms that those read."""
    [rule] = tomllib.loads((_RULES / "gitleaks.toml").read_text())["rules"]
    assert rule.keys() == {"id", "description", "regex", "secretGroup", "keywords"}
    [detector] = yaml.safe_load((_RULES / "trufflehog.yaml").read_text())["detectors"]
    assert detector.keys() == {"name", "keywords", "regex"}
    [pattern] = detector["regex"].values()
    return [(rule["regex"], rule["keywords"], rule["secretGroup"]), (pattern, detector["keywords"], 1)]


def test_the_rules_are_files_to_download(app: Flask, page: str) -> None:
    for name in ("gitleaks.toml", "trufflehog.yaml"):
        match = re.search(rf'href="([^"]+)" download="{name}"', page)
        assert match
        with app.test_client().get(match[1]) as answer:
            assert answer.data == (_RULES / name).read_bytes()


def test_security_txt_is_that_of_the_standard(app: Flask) -> None:
    answer = app.test_client().get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    lines = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert lines.keys() == {"Contact", "Expires", "Canonical", "Preferred-Languages", "Policy"}
    assert timedelta(days=30) < datetime.fromisoformat(lines["Expires"]) - datetime.now(UTC) < timedelta(days=366)
    assert lines["Canonical"].endswith("/.well-known/security.txt")
    assert app.test_client().get("/docs/" + lines["Policy"].rpartition("/")[2]).status_code == 200


def test_whom_to_write_to_is_a_setting() -> None:
    name = "CALMBOARD_SECURITY_CONTACT"
    assert read_settings({name: "mailto:security@calmboard.example"}).security_contact == "mailto:security@calmboard.example"
    with pytest.raises(SettingsError, match=name):
        read_settings({name: "security@calmboard.example"})


def test_the_page_is_found_from_every_page(app: Flask) -> None:
    assert 'href="/docs/leaks"' in app.test_client().get("/docs/errors").text
