"""The apps that a reader made or keeps, as they are listed, and how one of them is found."""

from collections.abc import Sequence
from dataclasses import dataclass

from calmboard.access.access import Access
from calmboard.access.oauth.app_changes import MAX_APPS
from calmboard.access.oauth.made_apps import App, count_people, list_apps, read_app
from calmboard.access.plans import PLANS
from calmboard.errors import Forbidden, NotFound
from portal.shared.texts.words import monogram, plural

Badge = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class OwnAppRow:
    """An app; `badge` is its text, tone and glyph, `kept` who made it or helps."""

    app: App
    name: str
    monogram: str
    badge: Badge
    kept: str
    people: str


@dataclass(frozen=True, slots=True)
class OwnApps:
    """`has_plan`: whether the reader may make apps; `is_full`: whether they made as many as a person may."""

    rows: Sequence[OwnAppRow]
    has_plan: bool
    is_full: bool
    most: int = MAX_APPS

    @classmethod
    def of(cls, access: Access) -> "OwnApps":
        apps = list_apps(access)
        created = [app for app in apps if app.maker_id == access.user.id and not app.is_first]
        people = count_people([app.client.id for app in apps])
        rows = [row_of(access, app, people.get(app.client.id, 0)) for app in apps]
        return cls(rows, PLANS[access.user.plan].includes_apis, len(created) >= MAX_APPS)


def row_of(access: Access, app: App, people: int) -> OwnAppRow:
    name = app.client.shown_name
    used = f"{plural(people, 'person uses', 'people use')} it" if people else "Nobody uses it yet"
    return OwnAppRow(app, name, monogram(name), badge_of(app), _kept(access, app), used)


def badge_of(app: App) -> Badge:
    if app.disabled_at is not None:
        return "Disabled", "danger", "struck"
    return ("Verified", "ok", "tick-ring") if app.verified_at is not None else ("Not verified", "", "dash")


def kept_app(access: Access, client_id: str) -> App:
    """Raises NotFound, to whoever neither made nor keeps it too: they learn nothing of what others have."""
    try:
        return read_app(access, client_id)
    except (NotFound, Forbidden):
        raise NotFound("No app of yours has this id. It may have been deleted.") from None


def _kept(access: Access, app: App) -> str:
    if app.maker_id != access.user.id:
        return f"Made by {app.maker}; you help to keep it"
    first = "Yours from the start" if app.is_first else "Made by you"
    return f"{first}, kept with {plural(len(app.maintainers), 'colleague')}" if app.maintainers else first
