"""The authorization request that this browser may make next: its verifier and state are kept for ten minutes, for one client."""

import hmac
from datetime import timedelta
from typing import Any

from flask import session

from calmboard.clock import now
from portal.apps.examples import ExampleAuthorization

LIFE = timedelta(minutes=10)
# The entry of the signed cookie: client, verifier, state, and when they were made, in seconds.
_SESSION_KEY = "rehearsal"


def keep_authorization(client_id: str, callback: str) -> ExampleAuthorization:
    """The kept request of this client, or a new one, which takes the place of what was kept."""
    kept = _kept(client_id)
    if kept is None:
        fresh = ExampleAuthorization(client_id, callback)
        kept = session[_SESSION_KEY] = [client_id, fresh.verifier, fresh.state, int(now().timestamp())]
    return ExampleAuthorization(client_id, callback, kept[1], kept[2])


def started_authorization(client_id: str, callback: str, state: str) -> ExampleAuthorization | None:
    """The kept request, where this is its state."""
    kept = _kept(client_id)
    if kept is None or not hmac.compare_digest(kept[2].encode(), state.encode()):
        return None
    return ExampleAuthorization(client_id, callback, kept[1], kept[2])


def forget_authorization() -> None:
    session.pop(_SESSION_KEY, None)


def _kept(client_id: str) -> list[Any] | None:
    kept = session.get(_SESSION_KEY)
    if not isinstance(kept, list) or len(kept) != 4 or kept[0] != client_id:
        return None
    age_s = now().timestamp() - kept[3]
    return kept if 0 <= age_s < LIFE.total_seconds() else None
