"""A form of very many fields is refused before they are read, on every interface that takes forms."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.users import TestUser, csrf_token

pytestmark = pytest.mark.database("sqlite")

_URLENCODED = "application/x-www-form-urlencoded"
_PATHS = ["/sign-in", "/forgot-password", "/invitations/nowhere", "/api/oauth/token", "/api/oauth/revoke"]
_SHORT = "grant_type=refresh_token&client_id=cli_1&refresh_token=1"


def _post(client: FlaskClient, path: str, fields: int) -> TestResponse:
    return client.post(path, data="&".join([_SHORT, *["a"] * (fields - 3)]), content_type=_URLENCODED)


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("fields", [1001, 30_000])
def test_a_form_of_many_fields_is_413(client: FlaskClient, path: str, fields: int) -> None:
    answer = _post(client, path, fields)
    assert answer.status_code == 413
    assert "at most 1,000 fields" in answer.text


@pytest.mark.parametrize("path", _PATHS)
def test_a_thousand_fields_are_read(client: FlaskClient, path: str) -> None:
    assert _post(client, path, 1000).status_code in {400, 401}


def test_a_signed_in_person_is_refused_the_same(owner: TestUser) -> None:
    answer = _post(owner.sign_in(), "/integrations/keys", 90_000)
    assert answer.status_code == 413
    assert "at most 1,000 fields" in answer.text


def test_a_form_of_many_parts_is_413(owner: TestUser) -> None:
    browser = owner.sign_in()
    body = "".join(f'--b\r\nContent-Disposition: form-data; name="{number}"\r\n\r\n\r\n' for number in range(1001)) + "--b--\r\n"
    token = {"X-CSRFToken": csrf_token(browser.get("/account"))}
    answer = browser.post("/integrations/keys", data=body, content_type="multipart/form-data; boundary=b", headers=token)
    assert answer.status_code == 413
    assert "at most 1,000 fields" in answer.text
