"""Forms as no page sends them are rejected before any view, each the same way."""

import pytest
from flask.testing import FlaskClient

from tests.support.users import TestUser, csrf_token

_FORMS = [
    ("/sign-in", "email"),
    ("/forgot-password", "email"),
    ("/integrations/keys", "project_ids"),
    ("/integrations/oauth/callbacks", "callbacks"),
    ("/account/password", "new_password"),
]
every_form = pytest.mark.parametrize(("action", "field"), _FORMS)


@pytest.fixture
def browser(owner: TestUser) -> FlaskClient:
    return owner.sign_in()


@every_form
def test_a_field_that_holds_nul_is_400(browser: FlaskClient, action: str, field: str) -> None:
    form = {"csrf_token": csrf_token(browser.get("/account")), "reach": "some", field: "a\0b"}
    answer = browser.post(action, data=form)
    assert answer.status_code == 400
    assert "holds NUL" in answer.text


@every_form
def test_a_part_without_a_name_is_400(browser: FlaskClient, action: str, field: str) -> None:
    parts = [f'form-data; name="{field}"', "form-data"]
    body = "".join(f"--b\r\nContent-Disposition: {part}\r\n\r\nx\r\n" for part in parts) + "--b--\r\n"
    token = {"X-CSRFToken": csrf_token(browser.get("/account"))}
    answer = browser.post(action, data=body, content_type="multipart/form-data; boundary=b", headers=token)
    assert answer.status_code == 400
    assert "has no name" in answer.text


def test_whoever_is_not_signed_in_is_refused_the_same(client: FlaskClient) -> None:
    form = {"csrf_token": csrf_token(client.get("/sign-in")), "name": "\0", "password": "four unrelated words here"}
    assert client.post("/invitations/unknown", data=form).status_code == 400
