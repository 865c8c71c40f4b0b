"""The applications that people make: several each, kept with colleagues, shown to whoever is asked to authorize one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from calmboard.access.access import Access, Person
from calmboard.access.oauth.app_forms import ascii_host
from calmboard.access.oauth.app_names import plain_text
from calmboard.access.oauth.clients import COLUMNS, Client, client_of
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit
from calmboard.errors import Forbidden, NotFound
from calmboard.ids import is_id
from calmboard.models import AppMaintainer, MadeApp, Membership, OAuthClient, OAuthGrant, User

_MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class App:
    """An application as its maker and maintainers see it. The client that everybody has is one too, with the id of its person
    as `maker_id`.
    """

    client: Client
    maker_id: str
    maker: str
    created_at: datetime
    description: str | None
    home_page: str | None
    has_picture: bool
    verified_at: datetime | None
    disabled_at: datetime | None
    maintainers: tuple[tuple[str, str], ...]

    @property
    def is_first(self) -> bool:
        return self.client.user_id is not None

    @property
    def shown_description(self) -> str:
        return plain_text(self.description or "")

    @property
    def home_page_host(self) -> str:
        """The host alone, as it is looked up: letters that resemble others show as what they are."""
        return ascii_host(self.home_page or "")


def list_apps(access: Access) -> list[App]:
    """The applications that a person made or keeps, by two statements: the one that everybody has, then the newest first."""
    kept = select(AppMaintainer.client_id).where(AppMaintainer.user_id == access.user.id)
    own = (OAuthClient.user_id == access.user.id, MadeApp.maker_id == access.user.id)
    found = _read(or_(*own, OAuthClient.id.in_(kept)))
    return sorted(found, key=lambda app: app.client.user_id != access.user.id)


def find_app(client_id: str) -> App | None:
    """What is known of an application that somebody made; None of those that registered themselves."""
    found = _read(OAuthClient.id == client_id) if is_id("cli", client_id) else []
    return found[0] if found else None


def read_app(access: Access, client_id: str) -> App:
    """Raises NotFound, and Forbidden to whoever neither made nor keeps it."""
    app = find_app(client_id)
    if app is None:
        raise NotFound("No application has this id.")
    if access.user.id not in {app.maker_id, *(user_id for user_id, _ in app.maintainers)}:
        raise Forbidden("The application is kept by somebody else.")
    return app


def read_picture(client_id: str) -> bytes | None:
    """A PNG of ours, or None."""
    with autocommit() as connection:
        return connection.execute(select(MadeApp.picture).where(MadeApp.client_id == client_id)).scalar_one_or_none()


def count_people(client_ids: Collection[str]) -> dict[str, int]:
    """For how many people each application acts now, those with none left out."""
    live = (OAuthGrant.revoked_at.is_(None), OAuthGrant.redeemed_at.is_not(None), OAuthGrant.expires_at > now())
    number = func.count(OAuthGrant.user_id.distinct())
    statement = select(OAuthGrant.client_id, number).where(OAuthGrant.client_id.in_(client_ids), *live)
    with autocommit() as connection:
        return {row[0]: row[1] for row in connection.execute(statement.group_by(OAuthGrant.client_id))}


def possible_maintainers(access: Access, project_id: str) -> list[Person]:
    """The other members of a project of the person's, by name; none where it is not theirs."""
    statement = (
        select(User.id, User.name, User.email, User.plan)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.project_id == project_id, User.id != access.user.id)
        .order_by(func.lower(User.name), User.id)
        .limit(_MOST_LISTED)
    )
    if access.user.id not in members_among(project_id, {access.user.id}):
        return []
    with autocommit() as connection:
        return [Person(*row) for row in connection.execute(statement)]


def members_among(project_id: str, user_ids: Collection[str]) -> set[str]:
    """Those of these people who are members of the project."""
    statement = select(Membership.user_id).where(Membership.project_id == project_id, Membership.user_id.in_(user_ids))
    with autocommit() as connection:
        return set(connection.execute(statement).scalars())


def _read(condition: ColumnElement[bool]) -> list[App]:
    with autocommit() as connection:
        rows = connection.execute(_ABOUT.where(condition)).all()
        ids = [row.id for row in rows if row.since is not None]
        maintainers = connection.execute(_MAINTAINERS.where(AppMaintainer.client_id.in_(ids))).all() if ids else []
    return [_app_of(row, [each for each in maintainers if each.client_id == row.id]) for row in rows]


def _app_of(row: AnyRow, maintainers: Collection[AnyRow]) -> App:
    return App(
        client=client_of(row),
        maker_id=row.maker_id,
        maker=row.maker,
        created_at=row.since or row.created_at,
        description=row.description,
        home_page=row.home_page,
        has_picture=bool(row.has_picture),
        verified_at=row.verified_at,
        disabled_at=row.disabled_at,
        maintainers=tuple((each.user_id, each.name) for each in maintainers),
    )


_ABOUT = (
    select(
        *COLUMNS,
        User.id.label("maker_id"),
        User.name.label("maker"),
        MadeApp.created_at.label("since"),
        MadeApp.description,
        MadeApp.home_page,
        MadeApp.picture.is_not(None).label("has_picture"),
        MadeApp.verified_at,
        # Nobody starts with what ends soon: its maker is about to delete their account.
        func.coalesce(MadeApp.disabled_at, User.deletes_at).label("disabled_at"),
    )
    .select_from(OAuthClient)
    .outerjoin(MadeApp, MadeApp.client_id == OAuthClient.id)
    .join(User, User.id == func.coalesce(MadeApp.maker_id, OAuthClient.user_id))
    .where(OAuthClient.kind == "own")
    .order_by(OAuthClient.user_id.is_(None), OAuthClient.id.desc())
    .limit(_MOST_LISTED)
)
_MAINTAINERS = (
    select(AppMaintainer.client_id, AppMaintainer.user_id, User.name)
    .join(User, User.id == AppMaintainer.user_id)
    .order_by(func.lower(User.name), User.id)
)
