"""The rehearsal on a slow line: its code is sent twice, and traded once."""

import json
import re

from flask import Flask
from flask.testing import FlaskClient

from tests.portal.apps.test_oauth_page import allow, code_of, start_playground
from tests.support.users import Api, csrf_token


def test_a_code_sent_twice_is_traded_once_and_its_tokens_live(app: Flask, browser_of: FlaskClient) -> None:
    back = allow(browser_of, *start_playground(browser_of))
    page = browser_of.get(back)
    form = dict(re.findall(r'name="(form_token|code|state)" value="([^"]+)"', page.text)) | {"csrf_token": csrf_token(page)}
    first, second = (browser_of.post("/oauth/callback", data=form) for _ in range(2))
    assert (first.status_code, second.location) == (303, first.location)
    tokens = json.loads(code_of(browser_of.get(first.location).text, "token-answer"))
    assert Api(app, tokens["access_token"]).get("/projects").status_code == 200
    assert "These tokens were shown once" in browser_of.get(first.location).text
