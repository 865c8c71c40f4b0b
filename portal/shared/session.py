"""Who is signed in: the cookie names a row of the sessions table."""

from datetime import datetime

from flask import current_app, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from calmboard.access.access import Access, Person
from calmboard.access.credentials.devices import LIFE, create_device, find_device
from calmboard.access.credentials.sessions import Session, end_session, find_session, open_session
from calmboard.access.oauth.clients import own_client
from calmboard.settings import current_settings
from portal.shared.submissions.kept import KEPT_ENTRIES
from web.origin import origin

_DEVICE_COOKIE = "calmboard_device"
_COOKIE_ENTRY = "_user_id"  # where Flask-Login keeps what `get_id` returns

login_manager = LoginManager()
login_manager.session_protection = None  # the row decides, not the IP address of the browser


class SessionUser(UserMixin):  # type: ignore[misc]  # flask_login has no types
    def __init__(self, token: str, row: Session) -> None:
        self.token = token
        self.session = row
        self.person = row.person

    def get_id(self) -> str:
        return self.token


def _load_user(token: str) -> SessionUser | None:
    """Nobody, where the account is going to be deleted: so every page is closed that is not made for that."""
    row = find_session(token)
    return SessionUser(token, row) if row and row.deletes_at is None else None


login_manager.user_loader(_load_user)


def current_access() -> Access:
    return Access.from_session(current_user.person)


def leaving_session() -> Session | None:
    """The session of this browser, where its account is going to be deleted: it can keep the account, and end."""
    row = find_session(session.get(_COOKIE_ENTRY, ""))
    return row if row and row.deletes_at is not None else None


def shown_person() -> Person | None:
    """Who is signed in, for what a page shows beside its content: nobody where the database does not answer."""
    try:
        return current_user.person if current_user.is_authenticated else None
    except SQLAlchemyError as error:
        current_app.logger.warning("Who is signed in cannot be looked up: %s", error)
        return None


def start_session(person: Person, *, remember: bool, proven_at: datetime | None = None) -> None:
    """Sign a person in with a new token, and a session that is empty but for a form kept for this browser.

    The first sign-in creates their own OAuth client.
    """
    kept = {name: session[name] for name in KEPT_ENTRIES if name in session}
    leave_session()
    session.update(kept)
    own_client(person, origin())
    token = open_session(person, request.remote_addr, request.user_agent.string, proven_at)
    row = find_session(token)
    if row is not None:
        login_user(SessionUser(token, row))
        session.permanent = remember


def known_device(email: str) -> str | None:
    """The id of this browser, where it signed in the person with this e-mail before."""
    return find_device(email, request.cookies.get(_DEVICE_COOKIE, ""))


def remember_device(response: Response, person: Person) -> Response:
    """Let the answer make this browser a known one of the person, by a cookie that the sign-in alone is sent."""
    response.set_cookie(
        _DEVICE_COOKIE,
        create_device(person.id),
        max_age=LIFE,
        path=url_for("portal.sign_in"),
        secure=current_settings().is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def leave_session() -> None:
    """End this browser's session, where it has one, and empty its cookie."""
    row = current_user.session if current_user.is_authenticated else leaving_session()
    if row is not None:
        end_session(Access.from_session(row.person), session[_COOKIE_ENTRY])
    logout_user()
    session.clear()
