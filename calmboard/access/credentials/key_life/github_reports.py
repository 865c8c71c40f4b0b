"""What GitHub's secret scanning found: who sends it is known by its signature.

https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partner-program
"""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from calmboard.errors import InvalidRequest, Unavailable
from calmboard.outgoing.fetch import Fetch, OutgoingRefused

_MAX_BYTES = 64 * 1024
_FRESH_FOR_S = 3600
# Anybody may name a key that is not known: GitHub is asked again for it, but not for each.
_ASKED_AGAIN_AFTER_S = 60
_UNSIGNED = "The body is not signed by a key of GitHub's."

_kept: dict[str, tuple[float, dict[str, str]]] = {}


def require_signature(body: bytes, key_id: str, signature: str, keys_url: str, fetch: Fetch) -> None:
    """ECDSA over SHA-256, base64 of DER, by the key of that identifier, which is kept for an hour.

    Raises InvalidRequest where it does not fit, and Unavailable where GitHub's keys cannot be had.
    """
    pem = _keys(keys_url, fetch, _FRESH_FOR_S).get(key_id) or _keys(keys_url, fetch, _ASKED_AGAIN_AFTER_S).get(key_id)
    if pem is None or not is_signed(body, pem, signature):
        raise InvalidRequest(_UNSIGNED)


def is_signed(body: bytes, pem: str, signature: str) -> bool:
    try:
        key = load_pem_public_key(pem.encode())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(base64.b64decode(signature, validate=True), body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _keys(url: str, fetch: Fetch, oldest_s: float) -> Mapping[str, str]:
    """By their identifiers, as they were at most so many seconds ago."""
    if url in _kept and time.monotonic() - _kept[url][0] < oldest_s:
        return _kept[url][1]
    try:
        found: Any = json.loads(fetch(url, _MAX_BYTES))
        keys = {one["key_identifier"]: one["key"] for one in found["public_keys"]}
    except (OutgoingRefused, ValueError, TypeError, KeyError) as error:
        raise Unavailable("GitHub's public keys cannot be read at the moment.") from error
    _kept[url] = (time.monotonic(), keys)
    return keys
