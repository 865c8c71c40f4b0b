"""The interface for people: sign-in, Integrations & APIs, keys, the account."""

from typing import Any

from flask import Flask

from calmboard.access.credentials.sessions import ABSOLUTE
from calmboard.settings import current_settings
from portal.account import (
    deletion,
    email_change,
    export,
    invitations,
    profile,
    proof,
    security,
    session_token,
    sessions,
    sign_in,
    stopped_invitations,
)
from portal.account.passkeys import own as own_passkeys
from portal.account.passkeys import using as used_passkeys
from portal.account.passkeys.ceremonies import passkey_host
from portal.activity import views as activity_views
from portal.agents import reference as agent_reference
from portal.apps import callbacks, oauth_playground
from portal.apps import page as app_pages
from portal.apps import views as app_views
from portal.apps.own import forms as own_app_forms
from portal.apps.own import life as own_app_life
from portal.apps.own import maintainers as own_app_maintainers
from portal.apps.own import pictures as app_pictures
from portal.audit import reaching
from portal.audit import views as audit_views
from portal.docs import errors, practice, reference
from portal.docs.trying import views as try_views
from portal.health import calendar
from portal.keys import created as created_keys
from portal.keys import lists as key_lists
from portal.keys import trial as trial_keys
from portal.keys import views as key_views
from portal.keys.life import edits as key_edits
from portal.keys.life import page as key_pages
from portal.keys.life import replacement as key_replacement
from portal.leaks import views as leak_views
from portal.overview import views as overview_views
from portal.shared import checks, extensions, kept
from portal.shared.blueprint import bp, page_with
from portal.shared.problems import answer_problem
from portal.shared.security import protect
from portal.shared.session import shown_person
from portal.shared.submissions import reopened
from portal.shared.submissions.once import new_form_token
from portal.shared.texts import code_markup, words
from portal.shared.texts.zone import zone_name
from portal.tasks import views as task_views
from web.body_limits import limit_bodies
from web.problems import add_rendering

__all__ = ["PAGES", "extensions", "install"]

# Importing a module of views adds its pages to the blueprint, and that of the checks what is in front of them.
PAGES = (
    activity_views,
    agent_reference,
    app_pages,
    app_pictures,
    app_views,
    audit_views,
    calendar,
    callbacks,
    checks,
    created_keys,
    deletion,
    email_change,
    errors,
    export,
    invitations,
    key_edits,
    key_lists,
    key_pages,
    key_replacement,
    key_views,
    leak_views,
    oauth_playground,
    overview_views,
    own_app_forms,
    own_app_life,
    own_app_maintainers,
    own_passkeys,
    practice,
    profile,
    proof,
    reaching,
    reference,
    reopened,
    security,
    session_token,
    sessions,
    sign_in,
    stopped_invitations,
    task_views,
    trial_keys,
    try_views,
    used_passkeys,
)

# A picture that is too large is to be said so beside its field: what a camera takes arrives.
_FORM_WITH_PICTURE_BYTES = 12 * 1024 * 1024


def install(app: Flask) -> None:
    """Add the pages to an app whose extensions are installed."""
    app.config["PERMANENT_SESSION_LIFETIME"] = ABSOLUTE
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        {function.__name__: function for function in (*words.FILTERS, *code_markup.FILTERS, *kept.FILTERS)}
    )
    app.jinja_env.globals["new_form_token"] = new_form_token
    app.jinja_env.globals["page_with"] = page_with
    app.jinja_env.globals["passkey_host"] = passkey_host
    app.context_processor(_shared_context)
    app.after_request(protect)
    app.register_blueprint(bp)
    limit_bodies(app, r"/integrations/apps/(?:new|[^/]+/edit)", _FORM_WITH_PICTURE_BYTES)
    add_rendering(app, answer_problem, "/", for_programs=False)


def _shared_context() -> dict[str, Any]:
    """The context that every template has."""
    return {"person": shown_person(), "settings": current_settings(), "zone_name": zone_name}
