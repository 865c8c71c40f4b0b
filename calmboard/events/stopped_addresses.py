"""Addresses that get no invitations any more: stopped, and allowed again, by a link in each invitation.

The link is its own proof, and no table holds it: it is the address, signed. What is stopped is the mailbox, so that nobody
goes on by writing the address in another way.
"""

import hashlib

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, select

from calmboard.access.signing import signer
from calmboard.db import autocommit, insert_if_absent
from calmboard.errors import NotFound
from calmboard.models import StoppedAddress
from calmboard.texts.mailboxes import mailbox_of


def create_stop_token(address: str) -> str:
    """The token of the link in an invitation to this address; it works for as long as the secret key is the same."""
    return _signer().dumps(address.strip().lower())


def find_address(token: str) -> str:
    """The address that a link is for. Raises NotFound where it is none of ours, or was cut short."""
    try:
        address: str = _signer().loads(token)
    except BadSignature:
        raise NotFound("This link is not whole. Copy it from the message, up to its last character.") from None
    return address


def stop_invitations(address: str) -> None:
    """Let no invitation reach this address any more; nothing else happens where it is stopped already."""
    insert_if_absent(StoppedAddress, {"digest": _digest(address)})


def allow_invitations(address: str) -> None:
    """Take the stop back."""
    with autocommit() as connection:
        connection.execute(delete(StoppedAddress).where(StoppedAddress.digest == _digest(address)))


def is_stopped(address: str) -> bool:
    with autocommit() as connection:
        return (
            connection.execute(select(StoppedAddress.digest).where(StoppedAddress.digest == _digest(address))).first() is not None
        )


def _signer() -> URLSafeSerializer:
    return signer("stop invitations")


def _digest(address: str) -> bytes:
    return hashlib.sha256(mailbox_of(address).encode()).digest()
