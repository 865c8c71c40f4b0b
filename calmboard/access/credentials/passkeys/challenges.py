"""Challenges: random bytes that a passkey signs, each once, for one purpose, in the browser that asked for it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Literal, TypeVar

from sqlalchemy import delete, insert
from webauthn.helpers import parse_client_data_json
from webauthn.helpers.structs import AuthenticationCredential, RegistrationCredential

from calmboard.clock import now
from calmboard.db import autocommit, delete_in_batches
from calmboard.models import PasskeyChallenge

LIFE = timedelta(minutes=5)
_MAX_ANSWER_BYTES = 16 * 1024
_BYTES = 32

Credential = TypeVar("Credential", RegistrationCredential, AuthenticationCredential)


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a passkey is asked for. `browser` is what its cookie alone holds, or its session.

    `host` is what the passkey is bound to (the RP ID), `origins` are where our page may stand.
    """

    purpose: Literal["add", "sign in", "second factor"]
    browser: str
    host: str
    origins: tuple[str, ...]


def create_challenge(ceremony: Ceremony) -> bytes:
    challenge = secrets.token_bytes(_BYTES)
    with autocommit() as connection:
        values = {"digest": _digest(ceremony, challenge), "expires_at": now() + LIFE}
        connection.execute(insert(PasskeyChallenge).values(**values))
    return challenge


def take_challenge(ceremony: Ceremony, challenge: bytes) -> bool:
    """Whether it was given for this within five minutes, and not taken before."""
    given = (PasskeyChallenge.digest == _digest(ceremony, challenge), PasskeyChallenge.expires_at > now())
    with autocommit() as connection:
        return connection.execute(delete(PasskeyChallenge).where(*given).returning(PasskeyChallenge.digest)).first() is not None


def parse_answer(parse: Callable[[str], Credential], answer: str) -> tuple[Credential, bytes] | None:
    """What a browser answered, with the challenge that was signed; None where it is no such answer."""
    if not 0 < len(answer) <= _MAX_ANSWER_BYTES:
        return None
    try:
        credential = parse(answer)
        return credential, parse_client_data_json(credential.response.client_data_json).challenge
    except Exception:  # what is sent may be anything, and the library raises what it meets in it
        return None


def delete_expired_challenges() -> None:
    """Delete those that nobody signed in time."""
    delete_in_batches(PasskeyChallenge, PasskeyChallenge.expires_at < now())


def _digest(ceremony: Ceremony, challenge: bytes) -> bytes:
    return sha256(b"\0".join((ceremony.purpose.encode(), ceremony.browser.encode(), challenge))).digest()
