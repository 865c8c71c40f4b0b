"""Mailboxes: whose mail it is, however the address is written."""

from calmboard.texts.folding import fold

_MAX_LENGTH = 254


def mailbox_of(address: str) -> str:
    """What counts as one recipient: without case, and without what follows a plus, which reaches the same person (RFC 5233)."""
    name, _, domain = fold(address.strip()).rpartition("@")
    return f"{name.partition('+')[0] or name}@{domain.removesuffix('.')}"[:_MAX_LENGTH]
