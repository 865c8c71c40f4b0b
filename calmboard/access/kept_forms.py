"""Forms that reached us after their session had ended: kept for an hour, for the browser that sent them."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from sqlalchemy import delete, insert

from calmboard.access.limits.rate_limits import LIMITS
from calmboard.clock import now
from calmboard.db import autocommit, delete_in_batches
from calmboard.models import KeptForm
from calmboard.settings import RateLimit

LIFE = timedelta(hours=1)
MAX_BYTES = 64 * 1024
_LIMIT = RateLimit(30, 3600)


@dataclass(frozen=True, slots=True)
class FilledForm:
    """The view that a form was sent to, with the parts of its path, and what was entered, in order."""

    view: str
    view_args: dict[str, str]
    fields: Sequence[tuple[str, str]]


def keep_form(form: FilledForm, network: str) -> str | None:
    """Keep a form and return the token that takes it back; None for one that is too large, or too many from a network."""
    content = msgspec.json.encode(form)
    usage = LIMITS.get().count("kept_forms", network, _LIMIT)
    if len(content) > MAX_BYTES or usage.used > usage.limit:
        return None
    token = secrets.token_urlsafe(32)
    with autocommit() as connection:
        values = {"digest": _digest(token), "content": content, "expires_at": now() + LIFE}
        connection.execute(insert(KeptForm).values(**values))
    return token


def take_form(token: str) -> FilledForm | None:
    """The form, once; None where it was taken, or its hour is over."""
    kept = (KeptForm.digest == _digest(token), KeptForm.expires_at > now())
    with autocommit() as connection:
        content = connection.execute(delete(KeptForm).where(*kept).returning(KeptForm.content)).scalar()
    return None if content is None else msgspec.json.decode(content, type=FilledForm)


def delete_expired_forms() -> None:
    """Delete those whose hour is over."""
    delete_in_batches(KeptForm, KeptForm.expires_at < now())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
