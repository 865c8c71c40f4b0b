"""Retention: unused clients are deleted, clients with tokens stay, tokens expire on time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from calmboard.access.oauth.clients import known_client, own_client
from calmboard.access.oauth.grants import Consent, grant
from calmboard.access.secret_format import digest
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import OAuthAccessToken, OAuthClient, OAuthCode, OAuthGrant, OAuthRefreshToken
from calmboard.queue import queue
from tests.oauth.conftest import CALLBACK, ORIGIN, HostApp, register
from tests.support.users import TestUser

Make = Callable[..., HostApp]


@pytest.fixture
def application(host_app: Make, new_user: Callable[..., TestUser]) -> HostApp:
    return host_app(new_user())


@pytest.fixture
def run_daily_jobs(app: Flask) -> Callable[[], None]:
    """Do everything that the worker does in a day, each once."""

    def run() -> None:
        queue.app = app
        minutes = (now() + timedelta(minutes=minute) for minute in range(24 * 60))
        for task in {task.name: task for at in minutes for task in queue.read_periodic(at)}.values():
            queue.execute(task)

    return run


def age_rows(app: Flask, table: Any, condition: Any, **ages: timedelta) -> None:
    """Set columns back, as if so much time had passed since they were written."""
    with app.app_context():
        db.session.execute(update(table).where(condition).values(**{name: now() - age for name, age in ages.items()}))
        db.session.commit()


def client_exists(app: Flask, client_id: str) -> bool:
    with app.app_context():
        return db.session.get(OAuthClient, client_id) is not None


@pytest.mark.parametrize(("days", "exists"), [(13, True), (15, False)])
def test_a_registration_that_nobody_ever_allowed_goes_after_14_days(
    app: Flask, run_daily_jobs: Callable[[], None], days: int, exists: bool
) -> None:
    client_id = register(app).get_json()["client_id"]
    age_rows(app, OAuthClient, OAuthClient.id == client_id, created_at=timedelta(days=days))
    run_daily_jobs()
    assert client_exists(app, client_id) == exists


@pytest.mark.slow
@pytest.mark.parametrize(("days", "exists"), [(89, True), (91, False)])
def test_a_registration_that_nobody_uses_goes_after_90_days(
    app: Flask, application: HostApp, run_daily_jobs: Callable[[], None], days: int, exists: bool
) -> None:
    application.get_tokens()
    age = timedelta(days=days)
    age_rows(app, OAuthClient, OAuthClient.id == application.client_id, created_at=age, last_used_at=age)
    grants = OAuthGrant.client_id == application.client_id
    age_rows(app, OAuthGrant, grants, created_at=age, redeemed_at=age)
    with app.app_context():
        refresh_tokens = OAuthRefreshToken.grant_id.in_(db.select(OAuthGrant.id).where(grants))
    age_rows(app, OAuthRefreshToken, refresh_tokens, expires_at=age - timedelta(days=30))
    run_daily_jobs()
    assert client_exists(app, application.client_id) == exists


def test_a_registration_that_is_refreshed_stays_however_old_its_consent(
    app: Flask, application: HostApp, run_daily_jobs: Callable[[], None]
) -> None:
    tokens = application.get_tokens()
    age = timedelta(days=120)
    age_rows(app, OAuthClient, OAuthClient.id == application.client_id, created_at=age, last_used_at=age)
    age_rows(app, OAuthGrant, OAuthGrant.client_id == application.client_id, created_at=age, redeemed_at=age)
    run_daily_jobs()
    assert application.refresh(tokens["refresh_token"]).status_code == 200


def test_peoples_own_clients_stay(app: Flask, new_user: Callable[..., TestUser], run_daily_jobs: Callable[[], None]) -> None:
    with app.app_context():
        client = own_client(new_user().person, ORIGIN)
    age_rows(app, OAuthClient, OAuthClient.id == client.id, created_at=timedelta(days=400))
    run_daily_jobs()
    assert client_exists(app, client.id)


def test_what_has_run_out_is_deleted_and_what_lives_works_on(
    app: Flask, application: HostApp, run_daily_jobs: Callable[[], None]
) -> None:
    live, dead = application.get_tokens(), application.get_tokens()
    unused = application.get_code()
    past = timedelta(days=2)
    for table, secret in (
        (OAuthAccessToken, dead["access_token"]),
        (OAuthRefreshToken, dead["refresh_token"]),
        (OAuthCode, unused),
    ):
        age_rows(app, table, table.digest == digest(secret), expires_at=past)
    run_daily_jobs()
    with app.app_context():
        assert db.session.get(OAuthAccessToken, digest(dead["access_token"])) is None
        assert db.session.get(OAuthRefreshToken, digest(dead["refresh_token"])) is None
        assert db.session.get(OAuthCode, digest(unused)) is None
    assert application.api(live["access_token"]).get("/me").status_code == 200
    assert application.refresh(live["refresh_token"]).status_code == 200


def remaining_lifetimes(app: Flask, application: HostApp) -> tuple[list[timedelta], timedelta]:
    """The remaining lifetimes of the refresh tokens of the application's one grant, the shortest first, and of the grant."""
    with app.app_context():
        grant = db.session.execute(db.select(OAuthGrant).where(OAuthGrant.client_id == application.client_id)).scalar_one()
        ends = db.session.execute(db.select(OAuthRefreshToken.expires_at).where(OAuthRefreshToken.grant_id == grant.id)).scalars()
        return sorted(end - now() for end in ends), grant.expires_at - now()


def test_a_refresh_token_lives_30_days_from_its_last_use_and_its_grant_180(app: Flask, application: HostApp) -> None:
    first = application.get_tokens()["refresh_token"]
    age_rows(app, OAuthRefreshToken, OAuthRefreshToken.digest == digest(first), expires_at=timedelta(days=-1))
    assert application.refresh(first).status_code == 200
    lifetimes, grant_lifetime = remaining_lifetimes(app, application)
    assert timedelta(days=29, hours=23) < lifetimes[-1] <= timedelta(days=30)
    assert timedelta(days=179, hours=23) < grant_lifetime <= timedelta(days=180)


def test_no_token_outlives_its_grant(app: Flask, application: HostApp) -> None:
    first = application.get_tokens()["refresh_token"]
    age_rows(app, OAuthGrant, OAuthGrant.client_id == application.client_id, expires_at=timedelta(minutes=-10))
    again = application.refresh(first).get_json()
    assert again["expires_in"] <= 600
    assert remaining_lifetimes(app, application)[0][0] <= timedelta(minutes=10)
    age_rows(app, OAuthGrant, OAuthGrant.client_id == application.client_id, expires_at=timedelta(seconds=1))
    assert application.refresh(again["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_a_refresh_token_that_was_not_used_for_30_days_is_over(app: Flask, application: HostApp) -> None:
    token = application.get_tokens()["refresh_token"]
    age_rows(app, OAuthRefreshToken, OAuthRefreshToken.digest == digest(token), expires_at=timedelta(seconds=1))
    assert application.refresh(token).get_json()["error"] == "invalid_grant"


def test_a_revoked_access_token_stays_revoked_when_the_refresh_is_repeated(app: Flask, application: HostApp) -> None:
    first = application.get_tokens()["refresh_token"]
    leaked = application.refresh(first).get_json()["access_token"]
    form = {"client_id": application.client_id, "token": leaked}
    assert app.test_client().post("/api/oauth/revoke", data=form).status_code == 200
    again = application.refresh(first).get_json()
    assert application.api(leaked).get("/me").status_code == 401
    next_one = application.refresh(again["refresh_token"]).get_json()
    assert application.api(next_one["access_token"]).get("/me").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(("is_granted", "hours", "stays"), [(False, 23, True), (False, 25, False), (True, 25, True)])
def test_a_document_that_nobody_granted_anything_goes_after_a_day(
    app: Flask, new_user: Callable[..., TestUser], run_daily_jobs: Callable[[], None], is_granted: bool, hours: int, stays: bool
) -> None:
    client_id = f"https://app.example/{new_id('cli')}"
    at = now() - timedelta(hours=hours)
    with app.app_context():
        client = OAuthClient(id=client_id, kind="document", name="app.example", redirect_uris=[CALLBACK], updated_at=at)
        db.session.add(client)
        db.session.commit()
        if is_granted:
            found = known_client(client_id)
            assert found
            grant(new_user().access, Consent(found, CALLBACK, "x" * 43, ORIGIN, frozenset({"tasks:read"})))
    run_daily_jobs()
    assert client_exists(app, client_id) == stays
