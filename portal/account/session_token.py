"""The session token that a signed-in page keeps for Postman, created again before the last one expires."""

from flask import Response, jsonify
from flask_login import current_user

from calmboard.access.credentials.session_tokens import LIFE, create_session_token
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.settings import RateLimit
from portal.shared.blueprint import bp
from portal.shared.session import current_access

_LIMIT = RateLimit(20, 60)


@bp.post("/session-token")
def session_token() -> Response:
    """Requested by static/js/session-token.js; the token is in this one response and in no page."""
    LIMITS.get().count("session_tokens", current_user.person.id, _LIMIT).check_limit()
    token = create_session_token(current_access(), current_user.session.id)
    response = jsonify(session_token=token, expires_in=int(LIFE.total_seconds()))
    response.headers["Cache-Control"] = "no-store"
    return response
