"""The key for trying requests in the API reference: it lasts ten minutes, and each person has one at most."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from calmboard.access.access import Access
from calmboard.access.credentials.keys import Key, NewKey, create_key, revoke_key
from calmboard.access.plans import require_paid_plan
from calmboard.clock import now
from calmboard.db import autocommit
from calmboard.models import ApiKey

NAME = "Try it, 10 minutes"
LIFE = timedelta(minutes=10)
_INTEGRATION = "workflow"


def create_trial_key(access: Access, scopes: Iterable[str]) -> tuple[Key, str]:
    """End the one before and create another, with its secret; raises as `create_key` does."""
    require_paid_plan(access)
    end_trial_keys(access, "replaced")
    return create_key(access, NewKey(NAME, _INTEGRATION, frozenset(scopes), expires_at=now() + LIFE))


def end_trial_keys(access: Access, reason: str = "unused") -> None:
    """Revoke it, where there is one. A key that merely has this name lasts longer, and stays."""
    statement = select(ApiKey.id, ApiKey.created_at, ApiKey.expires_at).where(
        ApiKey.user_id == access.user.id, ApiKey.name == NAME, ApiKey.revoked_at.is_(None), ApiKey.expires_at.is_not(None)
    )
    with autocommit() as connection:
        rows = connection.execute(statement).all()
    for row in rows:
        if row.expires_at - row.created_at <= LIFE + timedelta(seconds=1):
            revoke_key(access, row.id, reason)
