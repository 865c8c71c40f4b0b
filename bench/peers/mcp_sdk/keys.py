"""Who asks: the key, read again for each request, then its plan and its window, behind the SDK's interface for tokens."""

import os
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from database import fetch
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier
from redis.asyncio import Redis

LIMIT, WINDOW_S = int(os.environ["RATE_LIMIT"]), 60

_KEY_AND_OWNER = """
SELECT k.id, k.scopes, k.expires_at, k.paused_at, k.revoked_at, u.id AS user_id, u.plan
FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.digest = $1
"""
_count = Redis.from_url(os.environ["REDIS_URL"]).register_script(Path(os.environ["WINDOW_SCRIPT"]).read_text())


class Keys(TokenVerifier):
    """A key that may not be used, or not now, counts as none: the SDK knows no other refusal here."""

    async def verify_token(self, token: str) -> AccessToken | None:
        rows = await fetch(_KEY_AND_OWNER, sha256(token.encode()).digest())
        if not rows or not _is_usable(rows[0]):
            return None
        key = rows[0]
        used, _ = await _count(keys=[f"window:{key['id']}"], args=[WINDOW_S * 1000])
        if used > LIMIT:
            return None
        return AccessToken(token=token, client_id=key["id"], scopes=key["scopes"].split(), subject=key["user_id"])


def current_caller() -> str:
    """The id of the user whose key came with this request."""
    token = get_access_token()
    assert token
    assert token.subject
    return token.subject


def _is_usable(key: Any) -> bool:
    if key["revoked_at"] is not None or key["paused_at"] is not None or key["plan"] not in ("pro", "business"):
        return False
    return key["expires_at"] is None or key["expires_at"] > datetime.now(UTC)
