"""Somebody's authenticator app, for tests."""

import re
from base64 import b32decode
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from calmboard.access.credentials.totp import STEP_S, code_at
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import SecondFactor, UserSession
from tests.portal.forms import send
from tests.support.users import TestUser, csrf_token

_SECRET = re.compile(r'id="secret">([A-Z2-7 ]+)<')
_SHOWN = re.compile(r'name="shown" value="([^"]+)"')
_CODES = re.compile(r"\b(?:[a-z2-7]{4}-){3}[a-z2-7]{4}\b")


@dataclass
class Authenticator:
    """It shows the code of now, or of so many steps beside it."""

    secret: bytes

    def code(self, drift: int = 0) -> str:
        return code_at(self.secret, int(now().timestamp()) // STEP_S + drift)


def begin(browser: FlaskClient) -> Authenticator:
    """Open the page that shows the secret."""
    send(browser, "/account/security", "/account/second-factor")
    found = _SECRET.search(browser.get("/account/second-factor").text)
    assert found
    return Authenticator(b32decode(found[1].replace(" ", "")))


def set_up(person: TestUser, browser: FlaskClient) -> tuple[Authenticator, list[str]]:
    """Turn a second factor on; returns the app, whose present code is not used up, and the recovery codes."""
    app = begin(browser)
    answer = confirm(person, browser, app)
    assert answer.status_code == 303, answer.text
    codes = _CODES.findall(browser.get(answer.location).text)
    forget_steps(person.app)
    return app, codes


def confirm(person: TestUser, browser: FlaskClient, app: Authenticator, **changed: str) -> TestResponse:
    """Enter the code of the app into the page that shows a secret now."""
    page = browser.get("/account/second-factor")
    shown = _SHOWN.search(page.text)
    form = {"current_password": person.password, "code": app.code(), "shown": shown[1] if shown else "", **changed}
    return browser.post("/account/second-factor/confirm", data={"csrf_token": csrf_token(page), **form})


def forget_steps(app: Flask) -> None:
    """As if the codes that were used had been used half a minute ago."""
    _change(app, update(SecondFactor).values(last_step=0))


def pass_ten_minutes(app: Flask) -> None:
    """Let the proofs of all sessions be old."""
    _change(app, update(UserSession).values(proven_at=now() - timedelta(minutes=10)))


def _change(app: Flask, statement: object) -> None:
    with app.app_context():
        db.session.execute(statement)  # type: ignore[call-overload]
        db.session.commit()
