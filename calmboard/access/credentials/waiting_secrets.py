"""Secrets that wait for the page that shows them once, encrypted under what the cookie of their session alone holds."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, and_, delete, insert, update

from calmboard.clock import now
from calmboard.db import autocommit, db, delete_in_batches
from calmboard.models import WaitingSecret

LIFE = timedelta(minutes=2)
_KEY_BYTES, _NONCE_BYTES = 32, 12


@dataclass(frozen=True, slots=True)
class ShowingPage:
    """The one page of one session that shows a secret; `token` is that of the session's cookie."""

    session_id: str
    token: str
    path: str

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(f"{self.session_id}\0{self.path}".encode()).digest()


def keep_secret(page: ShowingPage, secret: str) -> None:
    """Let the page show the secret once, within two minutes. The caller commits it together with what the secret opens."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    ciphertext = nonce + _cipher(page).encrypt(nonce, secret.encode(), page.digest)
    values = {"digest": page.digest, "session_id": page.session_id, "ciphertext": ciphertext, "expires_at": now() + LIFE}
    db.session.execute(insert(WaitingSecret).values(**values, is_shown=False, is_last=False))


def take_secret(page: ShowingPage) -> str | None:
    """The secret, to whoever asks for it first; None to everybody else, and when its time is over."""
    waits = and_(_is_waiting(page), WaitingSecret.is_shown.is_(False))
    with autocommit() as connection:
        last = delete(WaitingSecret).where(waits, WaitingSecret.is_last).returning(WaitingSecret.ciphertext)
        ciphertext = connection.execute(last).scalar()
        if ciphertext is None:
            first = update(WaitingSecret).where(waits).values(is_shown=True).returning(WaitingSecret.ciphertext)
            ciphertext = connection.execute(first).scalar()
    if ciphertext is None:
        return None
    return _cipher(page).decrypt(ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:], page.digest).decode()


def show_again(page: ShowingPage) -> None:
    """Let the page show its secret one more time, and no more: a browser that sent the form twice threw the first page away."""
    is_shown = and_(_is_waiting(page), WaitingSecret.is_shown, WaitingSecret.is_last.is_(False))
    with autocommit() as connection:
        connection.execute(update(WaitingSecret).where(is_shown).values(is_shown=False, is_last=True))


def delete_expired_secrets() -> None:
    """Delete those whose two minutes are over."""
    delete_in_batches(WaitingSecret, WaitingSecret.expires_at < now())


def _is_waiting(page: ShowingPage) -> ColumnElement[bool]:
    return and_(WaitingSecret.digest == page.digest, WaitingSecret.expires_at > now())


def _cipher(page: ShowingPage) -> AESGCM:
    """AES-256-GCM. The database has a digest of the token alone, so it cannot derive the key (RFC 5869)."""
    derivation = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"waiting secret\0" + page.digest)
    return AESGCM(derivation.derive(page.token.encode()))
