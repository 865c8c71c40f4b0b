"""The page of an app of one's own: what it says of itself, who keeps it, and in numbers how it is used."""

from collections.abc import Sequence

from flask import render_template

from calmboard.access.audit_reading import AuditFilter, list_own_entries
from calmboard.access.oauth.connected_apps import Grant
from calmboard.access.oauth.made_apps import App
from calmboard.access.request_log.app_use import CODE_DAYS, MOST_COUNTED, read_use
from calmboard.db import AnyRow
from calmboard.errors import PROBLEMS
from calmboard.pagination import PageRequest
from portal.apps.own.rows import row_of
from portal.shared.session import current_access
from portal.shared.texts.words import listed

_ENTRIES = 20
_ACTS = {
    "client.created": "Made",
    "client.changed": "Changed",
    "client.disabled": "Disabled",
    "client.enabled": "Enabled again",
    "client.maintainers_changed": "Who keeps it was chosen",
    "client.verified": "Verified",
    "client.unverified": "Verified no more",
}
_FIELDS = {
    "name": "name",
    "description": "description",
    "home_page": "home page",
    "redirect_uris": "callbacks",
    "picture": "picture",
}


def own_app_page(app: App, grant: Grant | None) -> str:
    """`grant` is what the reader allowed it, where they let it in themselves."""
    access = current_access()
    is_maker = app.maker_id == access.user.id
    use = read_use(access, app.client.id)
    return render_template(
        "apps/own/page.html",
        nav_section="integrations",
        app=app,
        row=row_of(access, app, use.people),
        use=use,
        is_capped=sum(number for _, number in use.codes) >= MOST_COUNTED,
        code_days=CODE_DAYS,
        meanings={code: problem.title for code, problem in PROBLEMS.items()},
        grant=grant,
        is_maker=is_maker,
        history=[(entry, _act(entry)) for entry in _history(app)] if is_maker else None,
    )


def _history(app: App) -> Sequence[AnyRow]:
    return list_own_entries(current_access(), PageRequest(limit=_ENTRIES), AuditFilter(subject_id=app.client.id)).rows


def _act(entry: AnyRow) -> str:
    """“Changed: name and picture, by Noor Haddad”."""
    words, who = _ACTS.get(entry.action, entry.action), entry.actor_name or "whoever runs CalmBoard"
    changed = [label for name, label in _FIELDS.items() if name in entry.details.get("changed", ())]
    return f"{words}{': ' if changed else ''}{listed(changed)}, by {who}"
