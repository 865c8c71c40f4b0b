"""requestState: what a call stores until its user has answered. It passes through the client, so it is signed.

Bound to the caller, to the request, and to ten minutes (basic/patterns/mrtr, Server Requirements).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from itsdangerous import BadData

from api.mcp.protocol.revisions import INVALID_PARAMS, Failure
from calmboard.access.access import Access
from calmboard.access.signing import timed_signer

_PURPOSE = "mcp-request-state"
_MAX_AGE_S = 600


def sign_state(access: Access, method: str, params: Mapping[str, Any], state: Any) -> str:
    return timed_signer(_PURPOSE).dumps([_binding(access, method, params), state])


def verify_state(access: Access, method: str, params: Mapping[str, Any]) -> Any:
    """The state signed for this same request, None where none is sent; raises Failure for anything else."""
    sent = params.get("requestState")
    if sent is None:
        return None
    try:
        binding, state = timed_signer(_PURPOSE).loads(sent if isinstance(sent, str) else "", max_age=_MAX_AGE_S)
    except BadData:
        raise _invalid_state() from None
    if binding != _binding(access, method, params):
        raise _invalid_state()
    return state


def _binding(access: Access, method: str, params: Mapping[str, Any]) -> str:
    bound_params = {name: value for name, value in params.items() if name not in ("_meta", "inputResponses", "requestState")}
    caller_id = access.credential.id if access.credential else access.user.id
    payload = json.dumps([caller_id, method, bound_params], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(payload.encode()).hexdigest()


def _invalid_state() -> Failure:
    return Failure(INVALID_PARAMS, "requestState is none that was given out for this request, or is older than ten minutes.")
