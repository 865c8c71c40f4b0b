"""What each departure from Flask's ways spares a call: `python -m bench.overrides`.

Each figure is the share of this process's CPU of `GET /api/v1/projects` that is saved, against the same app with that
one thing put back; medians of interleaved rounds, on SQLite. A figure below 2 % is not worth an override.
"""

import contextlib
import shutil
import time
from collections.abc import Callable
from statistics import median
from typing import Any
from unittest.mock import patch

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.quiet import quiet
from portal.shared import extensions
from tests.support.servers.databases import open_databases, settings_for
from tests.support.servers.run import make_run_dir
from tests.support.users import TestUser, demo_user
from web.app import App, PageSessions
from wsgi import create_app

ROUNDS = 25
REQUESTS = 100


def main() -> None:
    run_dir = make_run_dir()
    try:
        databases = open_databases("sqlite", run_dir, "bench")
        settings = settings_for(databases.seeded(), databases.directory)
        app, hooked = create_app(settings), _with_hooks_everywhere(lambda: create_app(settings))
        owner = demo_user(app, "owner")
        _report(_measure(_variants(app, hooked), owner))
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


def _variants(app: Flask, hooked: Flask) -> dict[str, tuple[Flask, Any]]:
    """The app as it is, and with one thing put back to Flask's way."""
    return {
        "as it is": (app, contextlib.nullcontext()),
        "a session opened for programs too": (
            app,
            patch.object(PageSessions, "open_session", SecureCookieSessionInterface.open_session),
        ),
        "hooks of pages before programs too": (hooked, contextlib.nullcontext()),
        "create_url_adapter": (app, patch.object(App, "create_url_adapter", Flask.create_url_adapter)),
        "ensure_sync": (app, patch.object(App, "ensure_sync", Flask.ensure_sync)),
    }


def _with_hooks_everywhere(make: Callable[[], Flask]) -> Flask:
    with patch.object(extensions, "_PagesOf", lambda app: app):
        return make()


def _measure(variants: dict[str, tuple[Flask, Any]], owner: TestUser) -> dict[str, float]:
    """Microseconds of CPU for each request, by variant."""
    environ = EnvironBuilder("/api/v1/projects", headers=[("Authorization", f"Bearer {owner.key}")]).get_environ()
    rounds: dict[str, list[float]] = {name: [] for name in variants}
    with quiet():
        for _ in range(ROUNDS):
            for name, (app, change) in variants.items():
                with change:
                    rounds[name].append(_cpu_us(app, environ))
    return {name: median(figures) for name, figures in rounds.items()}


def _cpu_us(app: Flask, environ: dict[str, Any]) -> float:
    started_s = time.process_time()
    for _ in range(REQUESTS):
        _, status, _ = run_wsgi_app(app.wsgi_app, dict(environ), buffered=True)
        assert status.startswith("200"), status
    return (time.process_time() - started_s) / REQUESTS * 1e6


def _report(figures: dict[str, float]) -> None:
    base = figures["as it is"]
    for name, figure in figures.items():
        spared = "" if name == "as it is" else f"{(figure - base) / figure:8.1%}"
        print(f"{name:<46}{figure:>9.0f} µs{spared}")


if __name__ == "__main__":
    main()
