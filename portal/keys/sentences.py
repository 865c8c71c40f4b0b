"""What is said after an action on a key: what came of it, which in a page that was open for long is not what was asked for."""

from datetime import datetime

from calmboard.access.credentials.keys import Key, KeyChange
from calmboard.access.plans import PLANS
from calmboard.clock import now
from portal.shared.texts.words import short_date


def revoked_sentence(change: KeyChange) -> str:
    key = change.key
    return f"{key.name} is revoked. Its requests get api_key_revoked." if change.is_done else unchangeable_sentence(key)


def paused_sentence(change: KeyChange) -> str:
    key = change.key
    if (status := key.status(now())) in ("revoked", "expired"):
        return unchangeable_sentence(key)
    if change.is_done:
        return f"{key.name} is paused. Its requests get api_key_paused."
    if status == "active":
        return f"{key.name} was resumed at the same moment, and works."
    return f"{key.name} was paused already{_on(key.paused_at)}."


def resumed_sentence(change: KeyChange, plan: str) -> str:
    key = change.key
    if (status := key.status(now())) in ("revoked", "expired"):
        return unchangeable_sentence(key)
    if status == "paused":
        return f"{key.name} was paused again{_on(key.paused_at)}."
    if not PLANS[plan].includes_apis:
        return f"{key.name} is not paused. It works once your plan includes integration APIs."
    return f"{key.name} works again." if change.is_done else f"{key.name} was not paused. It works."


def unchangeable_sentence(key: Key) -> str:
    """Why a key that was revoked or has expired is beyond pausing and resuming."""
    if key.revoked_at is not None:
        return f"{key.name} was revoked{_on(key.revoked_at)}; a revoked key cannot work again."
    return f"{key.name} expired{_on(key.expires_at)}; an expired key cannot work again. Copy it into a new key to go on."


def _on(at: datetime | None) -> str:
    return f" on {short_date(at)}" if at else ""
