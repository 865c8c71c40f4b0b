"""An address that a form was sent to opens as a page: no error after Reload, a restored tab, or Back and Forward."""

import re

from flask import Flask
from flask.testing import FlaskClient

# Their answers lead elsewhere whatever was sent, and so does the browser.
_NEVER_SHOWN = {"/sign-out", "/session-token", "/account/sign-out-everywhere"}


def test_every_address_of_a_form_leads_to_a_page(app: Flask, browser_of: FlaskClient) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portal.") and "POST" in (rule.methods or ())]
    paths = {re.sub(r"<\w+>", "x", rule.rule) for rule in rules} - _NEVER_SHOWN
    answers = {path: browser_of.get(path, follow_redirects=True).status_code for path in paths}
    assert len(paths) > 10
    assert {path: status for path, status in answers.items() if status not in (200, 404)} == {}


def test_the_errors_of_a_form_reopen_as_its_page(browser_of: FlaskClient) -> None:
    for path, page in {
        "/integrations/keys/projects": "/integrations/keys/new",
        "/integrations/oauth/callbacks": "/integrations#oauth-client",
        "/account/password": "/account/security",
    }.items():
        assert browser_of.get(path).location == page
