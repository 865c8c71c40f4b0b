"""The door for people: sign-in, Integrations & APIs, keys, the account."""

from typing import Any

from flask import Flask, current_app
from flask_login import current_user

from calmboard.access.sessions import ABSOLUTE
from portal import (
    account,
    agent_reference,
    callbacks,
    code,
    connected_apps,
    docs,
    integrations,
    invitations,
    keys,
    reference,
    rehearsal,
    session_token,
    sign_in,
    words,
)
from portal.door import bp, csrf
from portal.limiter import limiter
from portal.problems import answer_problem
from portal.security import protect
from portal.session import login_manager

__all__ = [
    "account",
    "agent_reference",
    "answer_problem",
    "callbacks",
    "connected_apps",
    "docs",
    "install",
    "install_extensions",
    "integrations",
    "invitations",
    "keys",
    "reference",
    "rehearsal",
    "session_token",
    "sign_in",
]


def install_extensions(app: Flask) -> None:
    """Bind what only pages use. Before anything else hooks into requests, since these hooks are moved to pages alone."""
    limiter.init_app(app)
    login_manager.init_app(app)
    csrf.init_app(app)
    kinds: list[dict[str | None, list[Any]]] = [app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs]
    for hooks in kinds:
        hooks[bp.name] = hooks.pop(None, [])


def install(app: Flask) -> None:
    """Add the pages to an app. Problems come back through `answer_problem`."""
    app.config["PERMANENT_SESSION_LIFETIME"] = ABSOLUTE
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update({function.__name__: function for function in (*words.FILTERS, *code.FILTERS)})
    app.context_processor(_everywhere)
    app.after_request(protect)
    app.register_blueprint(bp)


def _everywhere() -> dict[str, Any]:
    """What every template may name."""
    person = current_user.person if current_user.is_authenticated else None
    return {"person": person, "settings": current_app.config["CALMBOARD"]}
