"""The interface for people: sign-in, Integrations & APIs, keys, the account."""

from typing import Any

from flask import Flask, current_app
from flask_login import current_user

from calmboard.access.credentials.sessions import ABSOLUTE
from portal.account import invitations, session_token, sign_in
from portal.account import views as account_views
from portal.agents import reference as agent_reference
from portal.apps import callbacks, oauth_playground
from portal.apps import views as app_views
from portal.docs import errors, reference
from portal.keys import views as key_views
from portal.overview import views as overview_views
from portal.shared import code_markup, words
from portal.shared.blueprint import bp, csrf
from portal.shared.form_limits import limiter
from portal.shared.problems import answer_problem
from portal.shared.security import protect
from portal.shared.session import login_manager

__all__ = ["PAGES", "answer_problem", "install", "install_extensions"]

# Importing a module of views adds its pages to the blueprint.
PAGES = (
    account_views,
    agent_reference,
    app_views,
    callbacks,
    errors,
    invitations,
    key_views,
    oauth_playground,
    overview_views,
    reference,
    session_token,
    sign_in,
)


def install_extensions(app: Flask) -> None:
    """Initialize the extensions of pages. Call it before other request hooks are registered: it moves them to the blueprint."""
    limiter.init_app(app)
    login_manager.init_app(app)
    csrf.init_app(app)
    kinds: list[dict[str | None, list[Any]]] = [app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs]
    for hooks in kinds:
        hooks[bp.name] = hooks.pop(None, [])


def install(app: Flask) -> None:
    """Add the pages to an app. Its error handlers call `answer_problem`."""
    app.config["PERMANENT_SESSION_LIFETIME"] = ABSOLUTE
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update({function.__name__: function for function in (*words.FILTERS, *code_markup.FILTERS)})
    app.context_processor(_shared_context)
    app.after_request(protect)
    app.register_blueprint(bp)


def _shared_context() -> dict[str, Any]:
    """The context that every template has."""
    person = current_user.person if current_user.is_authenticated else None
    return {"person": person, "settings": current_app.config["CALMBOARD"]}
