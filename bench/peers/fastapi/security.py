"""Who asks: the key in the Authorization header, read again for each request, then its plan and its window."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated

from database import Session
from fastapi import Depends, HTTPException, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from models import ApiKey
from rate_limits import LIMIT, count_request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

_PLANS_WITH_APIS = ("pro", "business")
_bearer = HTTPBearer(auto_error=False)


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that may be used, and its owner."""

    key_id: str
    key_name: str
    user_id: str
    scopes: frozenset[str]
    project_ids: list[str] | None

    def require(self, scope: str) -> None:
        if scope not in self.scopes:
            raise HTTPException(403, f"This needs the scope {scope}.")


async def get_caller(
    request: Request,
    response: Response,
    session: Session,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Caller:
    if credentials is None:
        raise HTTPException(401, "Send your key as Authorization: Bearer cbk_…", {"WWW-Authenticate": "Bearer"})
    key = await _find_key(session, credentials.credentials)
    request.state.credential = key.id
    if key.user.plan not in _PLANS_WITH_APIS:
        raise HTTPException(403, f"The plan {key.user.plan} does not include integration APIs.")
    usage = await count_request(key.id, key.user.plan)
    if usage.used > LIMIT:
        raise HTTPException(429, "Too many requests.", {**usage.headers, "Retry-After": str(usage.reset_s)})
    response.headers.update(usage.headers)
    return Caller(key.id, key.name, key.user.id, frozenset(key.scopes.split()), key.project_ids)


async def _find_key(session: Session, secret: str) -> ApiKey:
    statement = select(ApiKey).options(joinedload(ApiKey.user, innerjoin=True))
    key = await session.scalar(statement.where(ApiKey.digest == sha256(secret.encode()).digest()))
    if key is None:
        raise HTTPException(401, "No key like this was issued here.")
    if key.revoked_at is not None:
        raise HTTPException(401, "The key was revoked.")
    if key.expires_at is not None and key.expires_at <= datetime.now(UTC):
        raise HTTPException(401, "The key expired.")
    if key.paused_at is not None:
        raise HTTPException(401, "The key is paused.")
    return key


CurrentCaller = Annotated[Caller, Depends(get_caller)]
