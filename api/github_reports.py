"""`POST /hooks/github/secret-scanning`: what GitHub found in public repositories, where the operator switched it on."""

import hashlib
from typing import Any

from flask import Blueprint, Response, request

from api.framework.bodies import MAX_BYTES, parse, require_json
from calmboard.access.credentials.key_life.github_reports import require_signature
from calmboard.access.credentials.key_life.leaks import MAX_SECRETS, end_leaked, known_secrets
from calmboard.errors import FieldError, NotFound, PayloadTooLarge, ValidationFailed
from calmboard.outgoing.fetch import FETCH
from calmboard.settings import current_settings

bp = Blueprint("github_reports", __name__)

_ID, _SIGNATURE = "GitHub-Public-Key-Identifier", "GitHub-Public-Key-Signature"
_SHAPE = "The body is a list of up to a thousand objects, each with token, type and url."


@bp.post("/hooks/github/secret-scanning")
def report_found_secrets() -> Response | list[dict[str, str]]:
    """End what is ours, and answer which that is: GitHub learns what its pattern is good for. Tokens are named by SHA-256."""
    keys_url = current_settings().github_keys_url
    if keys_url is None:
        raise NotFound(f"There is nothing at {request.path}.")
    require_json()
    body = request.get_data()
    if len(body) > MAX_BYTES:
        raise PayloadTooLarge(f"This address takes at most {MAX_BYTES:,} bytes.")
    key_id, signature = request.headers.get(_ID, ""), request.headers.get(_SIGNATURE, "")
    require_signature(body, key_id, signature, keys_url, FETCH.get())
    found = _found(parse(body))
    known = known_secrets([secret for secret, _, _ in found])
    end_leaked([secret for secret, _, _ in found], {secret: url for secret, _, url in found})
    return [_feedback(secret, kind, is_known=secret in known) for secret, kind, _ in found]


def _found(body: Any) -> list[tuple[str, str, str]]:
    """Each token with its type and where it was found. Raises ValidationFailed for anything else."""
    if not isinstance(body, list) or len(body) > MAX_SECRETS:
        raise ValidationFailed(errors=(FieldError("", "wrong_type", _SHAPE),))
    found = [_parts(one) for one in body]
    errors = [FieldError(f"/{index}", "wrong_type", _SHAPE) for index, parts in enumerate(found) if parts is None]
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return [parts for parts in found if parts is not None]


def _parts(one: Any) -> tuple[str, str, str] | None:
    if not isinstance(one, dict) or not isinstance(one.get("token"), str):
        return None
    kind, url = one.get("type") or "", one.get("url") or ""
    return (one["token"], kind[:100], url[:500]) if isinstance(kind, str) and isinstance(url, str) else None


def _feedback(secret: str, kind: str, *, is_known: bool) -> dict[str, str]:
    label = "true_positive" if is_known else "false_positive"
    return {"token_hash": hashlib.sha256(secret.encode()).hexdigest(), "token_type": kind, "label": label}
