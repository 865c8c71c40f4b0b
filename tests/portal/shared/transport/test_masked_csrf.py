"""The token of forms: spelt otherwise in each answer, valid in all of them, and nothing else is taken for it."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from flask.testing import FlaskClient

from tests.support.users import TestUser, csrf_token

pytestmark = pytest.mark.database("sqlite")


def _is_taken(browser: FlaskClient, token: str) -> bool:
    status = browser.post("/integrations/oauth/callbacks", data={"csrf_token": token, "callbacks": ""}).status_code
    return status != 400


@pytest.fixture
def browser(owner: TestUser) -> FlaskClient:
    return owner.sign_in()


def test_each_answer_spells_the_token_otherwise_and_each_spelling_is_valid(browser: FlaskClient) -> None:
    tokens = [csrf_token(browser.get("/account")) for _ in range(5)]
    assert len(set(tokens)) == 5
    halves = [urlsafe_b64decode(token) for token in tokens]
    assert len({half[:16] for half in halves}) == 5
    assert len({half[-16:] for half in halves}) == 5
    assert all(_is_taken(browser, token) for token in tokens)


def test_no_two_answers_share_a_run_of_the_token(browser: FlaskClient) -> None:
    """By what they have in common it would be read, byte by byte, from the lengths of compressed answers."""
    one, other = (csrf_token(browser.get("/integrations")) for _ in range(2))
    assert not [start for start in range(len(one) - 8) if one[start : start + 8] in other]


def test_all_forms_of_an_answer_have_the_same(browser: FlaskClient) -> None:
    page = browser.get("/integrations").text
    tokens = re.findall(r'name="csrf_token" value="([^"]+)"', page)
    assert len(tokens) > 1
    assert len(set(tokens)) == 1


def test_the_token_of_another_session_is_refused(browser: FlaskClient, member: TestUser) -> None:
    assert not _is_taken(browser, csrf_token(member.sign_in().get("/account")))


@pytest.mark.parametrize("spelling", ["bare", "halved", "lengthened", "flipped", "text", "empty", "bullet", "followed", "spaced"])
def test_what_no_page_has_sent_is_refused(browser: FlaskClient, spelling: str) -> None:
    token = csrf_token(browser.get("/account"))
    both = urlsafe_b64decode(token)
    pad, masked = both[: len(both) // 2], both[len(both) // 2 :]
    bare = bytes(one ^ other for one, other in zip(pad, masked, strict=True)).decode()
    spellings = {
        "bare": bare,
        "halved": urlsafe_b64encode(masked).decode(),
        "lengthened": urlsafe_b64encode(both + b"x").decode(),
        "flipped": urlsafe_b64encode(bytes([both[0] ^ 1]) + both[1:]).decode(),
        "text": "not a token",
        "empty": "",
        "bullet": "\N{BULLET}" * 40,
        "followed": token + " " * 65_536,
        "spaced": f"{token[:8]}!{token[8:]}",
    }
    assert not _is_taken(browser, spellings[spelling])
    assert _is_taken(browser, token)
