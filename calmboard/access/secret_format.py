"""The form of every secret: a prefix, 30 random characters and a checksum."""

import hashlib
import hmac
import re
import secrets
import zlib

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH = 30
_CHECKSUM_LENGTH = 6
_SHAPE = re.compile(r"cb[ckmors]_[0-9A-Za-z]{36}")
# In any text, with a little missing too: what is left of it is still most of the secret.
_ANYWHERE = re.compile(r"cb[ckmors]_[0-9A-Za-z]{8,}")


def new_secret(prefix: str) -> str:
    """Create a secret such as `cbk_…`: about 178 random bits, then six characters of checksum."""
    body = f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return body + _checksum(body)


def derived_secret(prefix: str, source: str, key: str) -> str:
    """Derive the one secret of `source` under a key of the server's, so that it need not be stored."""
    number = int.from_bytes(hmac.digest(key.encode(), f"{prefix}\0{source}".encode(), hashlib.sha256))
    body = f"{prefix}_{_base62(number, _RANDOM_LENGTH)}"
    return body + _checksum(body)


def is_well_formed(secret: str) -> bool:
    """Whether shape and checksum fit, so that a typo never reaches the database."""
    if not _SHAPE.fullmatch(secret):
        return False
    return _checksum(secret[:-_CHECKSUM_LENGTH]) == secret[-_CHECKSUM_LENGTH:]


def find_secret(text: str) -> str | None:
    """The first in a text, whole or not."""
    found = _ANYWHERE.search(text)
    return found[0] if found else None


def without_secrets(text: str) -> str:
    """The text with the end alone of each: “…Jm0h”."""
    return _ANYWHERE.sub(lambda found: f"…{found[0][-4:]}", text)


def digest(secret: str) -> bytes:
    """SHA-256. The secrets are random and long, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).digest()


def _checksum(body: str) -> str:
    """The CRC32 of prefix and random part, in base62, padded with zeros."""
    return _base62(zlib.crc32(body.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    """The last digits of a number, padded with zeros."""
    characters = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        characters.append(_ALPHABET[digit])
    return "".join(reversed(characters))
