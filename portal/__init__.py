"""The interface for people: sign-in, Integrations & APIs, keys, the account."""

from typing import Any

from flask import Flask

from calmboard.access.credentials.sessions import ABSOLUTE
from calmboard.settings import current_settings
from portal.account import invitations, session_token, sign_in, stopped_invitations
from portal.account import views as account_views
from portal.agents import reference as agent_reference
from portal.apps import callbacks, oauth_playground
from portal.apps import views as app_views
from portal.docs import errors, reference
from portal.keys import views as key_views
from portal.overview import views as overview_views
from portal.shared import code_markup, extensions, kept, words
from portal.shared.blueprint import bp
from portal.shared.problems import answer_problem
from portal.shared.security import protect
from portal.shared.session import shown_person
from portal.tasks import views as task_views
from web.problems import add_rendering

__all__ = ["PAGES", "extensions", "install"]

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
    stopped_invitations,
    task_views,
)


def install(app: Flask) -> None:
    """Add the pages to an app whose extensions are installed."""
    app.config["PERMANENT_SESSION_LIFETIME"] = ABSOLUTE
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        {function.__name__: function for function in (*words.FILTERS, *code_markup.FILTERS, *kept.FILTERS)}
    )
    app.context_processor(_shared_context)
    app.after_request(protect)
    app.register_blueprint(bp)
    add_rendering(app, answer_problem, "/", for_programs=False)


def _shared_context() -> dict[str, Any]:
    """The context that every template has."""
    return {"person": shown_person(), "settings": current_settings()}
