"""`POST /api/v1/credentials/revoke`: whoever found secrets of ours ends them, without an account."""

import msgspec
from flask import Blueprint, Response, request

from api.framework.bodies import read_body, require_json
from api.shapes.access.leaks import FoundSecrets
from calmboard.access.credentials.key_life.leaks import count_report, end_leaked
from calmboard.access.limits.rate_limits import network_of

bp = Blueprint("leak_reports", __name__)

_ANSWER = msgspec.json.encode(
    {"detail": "Thank you. What of this is a credential of CalmBoard works no more, and its owner learns of it."}
)


@bp.post("/v1/credentials/revoke")
def report_leak() -> Response:
    """The same answer whatever was sent: 202, once everything of ours has ended."""
    count_report(network_of(request.remote_addr))
    require_json()
    end_leaked(read_body(FoundSecrets).credentials)
    return Response(_ANSWER, 202, content_type="application/json")
