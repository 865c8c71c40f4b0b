"""The page of the apps alone, the reader's own client and what they connected, and one for each connected app."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calmboard.access.credentials.key_life.effect import list_effects
from calmboard.access.oauth.connected_apps import Grant, get_own_grant, list_grants
from calmboard.clock import now
from calmboard.errors import NotFound
from calmboard.pagination import MAX_LIMIT, PageRequest
from portal.apps.rows import app_rows
from portal.apps.section import OAuthClientSection
from portal.keys.life.parts import CallsPart, EffectsPart, UsePart
from portal.keys.rows import use_of
from portal.shared.blueprint import bp, take_noted_part
from portal.shared.session import current_access


@bp.get("/integrations/apps")
def app_list() -> str:
    return app_list_page(OAuthClientSection.of(current_access()))


@bp.get("/integrations/apps/<app_id>")
def app_page(app_id: str) -> ResponseReturnValue:
    """The page of a connected app, by the id of its grant; by that of its client, of the latest grant that it was given."""
    access = current_access()
    if app_id.startswith("cli_"):
        return redirect(url_for("portal.app_page", app_id=_latest_grant(app_id).id), 303)
    grant = get_own_grant(access, app_id)
    [app] = app_rows(access, [grant])
    return render_template(
        "apps/page.html",
        nav_section="integrations",
        app=app,
        grant=grant,
        kind="app",
        works=grant.revoked_at is None and grant.expires_at > now(),
        is_limited=grant.project_ids is not None,
        use=UsePart.of(grant.id),
        calls=CallsPart.of(grant.id),
        effects=EffectsPart.of(list_effects(access, grant)),
        last_use=use_of(grant),
    )


def _latest_grant(client_id: str) -> Grant:
    """Raises NotFound where the app is not connected."""
    for grant in list_grants(current_access(), PageRequest(limit=MAX_LIMIT)).rows:
        if grant.client_id == client_id:
            return grant
    raise NotFound("No connected app of yours has this id.")


def app_list_page(section: OAuthClientSection) -> str:
    return render_template(
        "apps/list.html",
        nav_section="integrations",
        section=section,
        noted_at=take_noted_part(),
        is_refused=bool(section.fields.errors),
    )
