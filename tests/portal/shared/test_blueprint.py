"""What stands before every page: the person who is signed in, and the token of the form."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.users import TestUser

pytestmark = pytest.mark.database("sqlite")

_OPEN = re.compile(
    r"/|/sign-in|/forgot-password|/reset-password/.+|/change-address/.+|/invitations/.+|/docs/.+|/llms\.txt|/\.well-known/.+"
)
# Mail programs send it by themselves; its address is signed.
_ITS_OWN_PROOF = "/invitations/stop/x"


def test_every_page_that_is_not_open_leads_to_the_sign_in(app: Flask, client: FlaskClient) -> None:
    paths = [path for path in _paths(app, "GET") if not _OPEN.fullmatch(path)]
    answers = [client.get(path) for path in paths]
    assert len(paths) > 10
    assert {(answer.status_code, answer.location.partition("?")[0]) for answer in answers} == {(303, "/sign-in")}


def test_no_form_is_taken_without_its_token(app: Flask, owner: TestUser) -> None:
    browser = owner.sign_in()
    refused = {path: browser.post(path, data={"sure": "yes"}) for path in _paths(app, "POST") if path != _ITS_OWN_PROOF}
    assert len(refused) > 10
    assert {path for path, answer in refused.items() if answer.status_code != 400 or "open too long" not in answer.text} == set()
    assert browser.get("/account").status_code == 200


def _paths(app: Flask, method: str) -> list[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portal.") and method in (rule.methods or ())]
    return [re.sub(r"<\w+>", "x", re.sub(r"<any\((\w+),[^>]*>", r"\1", rule.rule)) for rule in rules]
