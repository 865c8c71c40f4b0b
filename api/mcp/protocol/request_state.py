"""requestState: what a call remembers until its person has answered. It passes through the client, so it is signed.

Bound to who asked, to the request, and to ten minutes (basic/patterns/mrtr, Server Requirements).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from api.mcp.protocol.revisions import INVALID_PARAMS, Failure
from calmboard.access.access import Access

_LIFE_S = 600


def sign_state(secret_key: str, access: Access, method: str, params: Mapping[str, Any], state: Any) -> str:
    return _serializer(secret_key).dumps([_bound(access, method, params), state])


def verify_state(secret_key: str, access: Access, method: str, params: Mapping[str, Any]) -> Any:
    """What was sealed for this same request, None where nothing is sent; raises Failure for anything else."""
    sent = params.get("requestState")
    if sent is None:
        return None
    try:
        bound, state = _serializer(secret_key).loads(sent if isinstance(sent, str) else "", max_age=_LIFE_S)
    except BadData:
        raise _strange() from None
    if bound != _bound(access, method, params):
        raise _strange()
    return state


def _serializer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="mcp-request-state", signer_kwargs={"digest_method": hashlib.sha256})


def _bound(access: Access, method: str, params: Mapping[str, Any]) -> str:
    what = {name: value for name, value in params.items() if name not in ("_meta", "inputResponses", "requestState")}
    who = access.credential.id if access.credential else access.user.id
    said = json.dumps([who, method, what], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def _strange() -> Failure:
    return Failure(INVALID_PARAMS, "requestState is none that was given out for this request, or is older than ten minutes.")
