"""The page of the apps alone, those that the reader made and those that they connected, and a page for each."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calmboard.access.credentials.key_life.effect import list_effects
from calmboard.access.oauth.connected_apps import get_own_grant
from calmboard.clock import now
from calmboard.errors import NotFound
from portal.apps.own.page import own_app_page
from portal.apps.own.rows import OwnApps, kept_app
from portal.apps.rows import app_rows, latest_grant
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
    """The page of a connected app, by the id of its grant; by that of its client the reader's own app, or else the grant that
    it was given last.
    """
    access = current_access()
    if app_id.startswith("cli_"):
        return _page_by_client(app_id)
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


def _page_by_client(client_id: str) -> ResponseReturnValue:
    """Raises NotFound where the reader neither keeps the app nor let it in."""
    access = current_access()
    grant = latest_grant(access, client_id)
    try:
        return own_app_page(kept_app(access, client_id), grant)
    except NotFound:
        if grant is None:
            raise
        return redirect(url_for("portal.app_page", app_id=grant.id), 303)


def app_list_page(section: OAuthClientSection) -> str:
    return render_template(
        "apps/list.html",
        nav_section="integrations",
        section=section,
        own=OwnApps.of(current_access()),
        noted_at=take_noted_part(),
        is_refused=bool(section.fields.errors),
    )
