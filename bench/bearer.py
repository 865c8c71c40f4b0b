"""What checking an access token costs more than checking a key: `python -m bench.bearer`.

Each figure is the median of interleaved rounds, in microseconds of this process's CPU: for the
check alone, and for a whole GET /api/v1/me. Their difference has to stay within 150.
"""

import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import flask_migrate
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask

from bench.quiet import quiet
from calmboard.access.access import Access, Person
from calmboard.access.credentials.identify import identify
from calmboard.access.credentials.keys import NewKey, issue_key
from calmboard.access.oauth import grants
from calmboard.access.oauth.clients import own_client
from calmboard.access.scopes import SCOPES
from calmboard.db import db
from calmboard.settings import SETTINGS
from calmboard.work.people import add_person
from tests.support.servers.databases import open_databases, settings_for
from tests.support.servers.postgres import stop_postgres
from tests.support.servers.run import make_run_dir
from wsgi import create_app

ROUNDS = 15
REQUESTS = 200


def main() -> None:
    run_dir = make_run_dir()
    try:
        for kind in ("sqlite", "postgresql"):
            _report(kind, _measure(_cases(*_filled_app(kind, run_dir))))
    finally:
        stop_postgres(run_dir)
        shutil.rmtree(run_dir, ignore_errors=True)


def _filled_app(kind: str, run_dir: Path) -> tuple[Flask, dict[str, str]]:
    """An app and the two credentials of one person, who may do the same with each."""
    databases = open_databases(kind, run_dir, "bench")
    app = create_app(settings_for(databases.empty(), databases.directory))
    with app.app_context():
        flask_migrate.upgrade()
        person = add_person("owner@calmboard.test", "Ana Ruiz", "quiet-harbour-seven-lanterns", "pro")
        key = issue_key(person.id, NewKey("bench", "workflow", frozenset(SCOPES)))[1]
        db.session.commit()
        return app, {"key": key, "token": _access_token(person, SETTINGS.get(app).origin)}


def _access_token(person: Person, origin: str) -> str:
    client, verifier = own_client(person, origin), secrets.token_urlsafe(48)
    callback = client.redirect_uris[0]
    consent = grants.Consent(client, callback, create_s256_code_challenge(verifier), origin, frozenset(SCOPES))
    code = grants.grant(Access.from_session(person), consent)
    return grants.redeem(client, code, callback, verifier, origin).access_token


def _cases(app: Flask, credentials: dict[str, str]) -> dict[tuple[str, str], Callable[[], None]]:
    """What is measured, by its name and its credential."""
    checks = {("check alone", name): _check(app, secret) for name, secret in credentials.items()}
    requests = {("whole request", name): _request(app, secret) for name, secret in credentials.items()}
    return {**checks, **requests}


def _check(app: Flask, secret: str) -> Callable[[], None]:
    origin = SETTINGS.get(app).origin

    def check() -> None:
        with app.app_context():
            identify(secret, origin)

    return check


def _request(app: Flask, secret: str) -> Callable[[], None]:
    client, headers = app.test_client(), {"Authorization": f"Bearer {secret}"}

    def send_request() -> None:
        answer = client.get("/api/v1/me", headers=headers)
        assert answer.status_code == 200, answer.text

    return send_request


def _measure(cases: dict[tuple[str, str], Callable[[], None]]) -> dict[tuple[str, str], float]:
    with quiet():
        for run in cases.values():
            _cpu_us(run)
        rounds = [{name: _cpu_us(run) for name, run in cases.items()} for _ in range(ROUNDS)]
    return {name: median(costs[name] for costs in rounds) for name in cases}


def _cpu_us(run: Callable[[], None]) -> float:
    started_at = time.process_time()
    for _ in range(REQUESTS):
        run()
    return (time.process_time() - started_at) / REQUESTS * 1e6


def _report(kind: str, costs: dict[tuple[str, str], float]) -> None:
    print(f"\n{kind:<16}{'key us':>10}{'token us':>10}{'difference us':>15}")
    for name in dict.fromkeys(name for name, _ in costs):
        key, token = costs[name, "key"], costs[name, "token"]
        print(f"{name:<16}{key:>10.0f}{token:>10.0f}{token - key:>15.0f}")


if __name__ == "__main__":
    main()
