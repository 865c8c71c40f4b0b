"""`POST /hooks/github/secret-scanning`: what GitHub found in public repositories, where the operator switched it on."""

import hashlib
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request

from api.framework.bodies import parse, read_full_body, require_json
from calmboard.access.credentials.key_life.github_reports import GITHUB_KEYS, GithubKeys, count_report
from calmboard.access.credentials.key_life.leaks import MAX_SECRETS, end_leaked, find_known_secrets
from calmboard.access.limits.rate_limits import network_of
from calmboard.errors import FieldError, NotFound, ValidationFailed
from calmboard.outgoing.fetch import FETCH
from calmboard.settings import SETTINGS

bp = Blueprint("github_reports", __name__)

_ID, _SIGNATURE = "GitHub-Public-Key-Identifier", "GitHub-Public-Key-Signature"
_SHAPE = "The body is a list of up to a thousand objects, each with token, type and url."


@bp.post("/hooks/github/secret-scanning")
def report_found_secrets() -> Response | list[dict[str, str]]:
    """End what is ours, and answer which that is: GitHub learns what its pattern is good for. Tokens are named by SHA-256."""
    keys = GITHUB_KEYS.get_or_make(current_app, _github_keys)
    if keys is None:
        raise NotFound(f"There is nothing at {request.path}.")
    count_report(network_of(request.remote_addr))
    require_json()
    body = read_full_body(request)
    keys.require_signature(body, request.headers.get(_ID, ""), request.headers.get(_SIGNATURE, ""))
    found = _found(parse(body))
    known = find_known_secrets([secret for secret, _, _ in found])
    end_leaked([secret for secret, _, _ in found], {secret: url for secret, _, url in found})
    return [_feedback(secret, kind, is_known=secret in known) for secret, kind, _ in found]


def _github_keys(app: Flask) -> GithubKeys | None:
    url = SETTINGS.get(app).github_keys_url
    return None if url is None else GithubKeys(url, FETCH.get(app))


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
