"""`/api/auth/session`: a session token for programs that cannot keep a cookie, such as Postman."""

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Response, current_app, request
from msgspec import UNSET, UnsetType

from api.framework.answers import answer_one, no_content
from api.framework.auth import count_failure
from api.framework.bodies import read_body, require_json
from api.shapes.access.session import Credentials, SessionToken, SignedIn
from calmboard.access.access import Person
from calmboard.access.credentials import session_tokens
from calmboard.access.credentials.second_factor import check_second_factor, has_second_factor
from calmboard.access.credentials.sign_in import check_password
from calmboard.access.limits.rate_limits import network_of
from calmboard.access.oauth.clients import own_client
from calmboard.errors import FieldError, Forbidden, InvalidRequest, InvalidToken, ValidationFailed
from calmboard.work.account.deletion import find_deletion
from web.bearer import read_bearer
from web.origin import origin

T = TypeVar("T")

bp = Blueprint("session_auth", __name__)

_REFUSAL = "E-mail and password do not belong together. Check both."
_NO_CODE = "This account has a second factor. Send the code that its app shows, or a recovery code, as “otp”."
_LEAVING = "This account is going to be deleted on {deletes_at:%Y-%m-%d}. Sign in at {origin}/sign-in to keep it."
_WRONG_CODE = "This code does not fit. Send the one that the app shows now; each works once."


@bp.post("/auth/session")
def open_session() -> Response:
    """Sign in under the limits of the sign-in page, with the same answer whether or not anybody has the e-mail."""
    require_json()
    credentials = read_body(Credentials)
    person = check_password(credentials.email, credentials.password, network_of(request.remote_addr))
    if person is None:
        raise ValidationFailed(_REFUSAL, errors=(FieldError("/password", "no_match", _REFUSAL),))
    _require_second_factor(person, credentials.otp)
    if (deletes_at := find_deletion(person)) is not None:
        raise Forbidden(_LEAVING.format(deletes_at=deletes_at, origin=origin()))
    token = session_tokens.open_token_session(person, request.remote_addr, request.user_agent.string)
    lasts_s = int(session_tokens.LIFE.total_seconds())
    client = own_client(person, origin())
    body = {"session_token": token, "token_type": "Bearer", "expires_in": lasts_s, "user": person}
    body |= {"client_id": client.id, "redirect_uri": client.redirect_uris[0]}
    return answer_one(SessionToken, body, UNSET, None)


@bp.get("/auth/session")
def read_session() -> Response:
    """The person that the token acts as, and until when."""
    return answer_one(SignedIn, _with_token(session_tokens.find_token_session), UNSET, None)


@bp.delete("/auth/session")
def end_session() -> Response:
    """End the token, and its session where that was opened for it."""
    _with_token(session_tokens.end_session_token)
    return no_content()


def _require_second_factor(person: Person, otp: str | UnsetType) -> None:
    if not has_second_factor(person.id):
        return
    if otp is UNSET:
        raise ValidationFailed(_NO_CODE, errors=(FieldError("/otp", "otp_required", _NO_CODE),))
    if not check_second_factor(person, otp):
        raise ValidationFailed(_WRONG_CODE, errors=(FieldError("/otp", "no_match", _WRONG_CODE),))


def _with_token(action: Callable[[str | None], T]) -> T:
    _require_no_cookie()
    try:
        return action(read_bearer())
    except InvalidToken:
        count_failure()
        raise


def _require_no_cookie() -> None:
    """Refuse a request that carries two credentials."""
    if current_app.config["SESSION_COOKIE_NAME"] in request.cookies:
        detail = "The request carries a cookie and a session token. Send the token alone."
        raise InvalidRequest(detail, errors=(FieldError("Cookie", "contradiction", detail),))
