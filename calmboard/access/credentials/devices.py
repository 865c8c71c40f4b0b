"""Known browsers: a signed cookie says that its person signed in with this browser before (OWASP, device cookies)."""

import secrets
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import func, select, update

from calmboard.access.signing import timed_signer
from calmboard.db import autocommit, db
from calmboard.models import User

LIFE = timedelta(days=400)


def create_device(user_id: str) -> str:
    """A new text for the cookie; in it stands a random id alone."""
    with autocommit() as connection:
        epoch = connection.execute(select(User.device_epoch).where(User.id == user_id)).scalar_one()
    return str(_signer(user_id, epoch).dumps(secrets.token_urlsafe(12)))


def find_device(email: str, text: str) -> str | None:
    """The id of a browser that signed in the person with this e-mail before, or None."""
    if not text:
        return None
    with autocommit() as connection:
        columns = (User.id, User.device_epoch)
        row = connection.execute(select(*columns).where(func.lower(User.email) == email.strip().lower())).first()
    if row is None:
        return None
    try:
        return str(_signer(row.id, row.device_epoch).loads(text, max_age=int(LIFE.total_seconds())))
    except BadData:
        return None


def forget_devices(user_id: str) -> None:
    """No browser is a known one of this person any more; the caller commits."""
    db.session.execute(update(User).where(User.id == user_id).values(device_epoch=User.device_epoch + 1))


def _signer(user_id: str, epoch: int) -> URLSafeTimedSerializer:
    return timed_signer("device", [user_id, epoch])
