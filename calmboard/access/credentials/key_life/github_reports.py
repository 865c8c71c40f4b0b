"""What GitHub's secret scanning found: who sends it is known by its signature.

https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partner-program
"""

import base64
import binascii
import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from calmboard.access.limits.rate_limits import LIMITS
from calmboard.errors import InvalidRequest, Unavailable
from calmboard.extensions import Extension
from calmboard.outgoing.fetch import Fetch, OutgoingRefused
from calmboard.settings import RateLimit

REPORT_LIMIT = RateLimit(600, 3600)
_MAX_BYTES = 64 * 1024
_FRESH_FOR_S = 3600
# Anybody may name a key that is not known: GitHub is asked again for it, but not for each. Nor is it while it does not answer.
_ASKED_AGAIN_AFTER_S = 60
_UNSIGNED = "The body is not signed by a key of GitHub's."
_TOO_OFTEN = "Six hundred reports came from this network within an hour. One report takes up to a thousand secrets."


class GithubKeys:
    """The public keys of GitHub by their identifiers, kept for an hour, or for as long as new ones cannot be read."""

    def __init__(self, url: str, fetch: Fetch) -> None:
        self._url, self._fetch = url, fetch
        self._reading = threading.Lock()
        self._kept: Mapping[str, str] | None = None
        self._read_at_s = self._asked_at_s = float("-inf")

    def require_signature(self, body: bytes, key_id: str, signature: str) -> None:
        """ECDSA over SHA-256, base64 of DER, by the key of that identifier.

        Raises InvalidRequest where it does not fit, and Unavailable where no keys could be read yet.
        """
        pem = self._find(key_id)
        if pem is None or not is_signed(body, pem, signature):
            raise InvalidRequest(_UNSIGNED)

    def _find(self, key_id: str) -> str | None:
        with self._reading:
            at_s = time.monotonic()
            is_fresh = at_s - self._read_at_s < _FRESH_FOR_S and key_id in (self._kept or ())
            if not is_fresh and at_s - self._asked_at_s >= _ASKED_AGAIN_AFTER_S:
                self._asked_at_s = at_s
                self._read(at_s)
            if self._kept is None:
                raise Unavailable("GitHub's public keys cannot be read at the moment.")
            return self._kept.get(key_id)

    def _read(self, at_s: float) -> None:
        try:
            found: Any = json.loads(self._fetch(self._url, _MAX_BYTES))
            keys = {str(one["key_identifier"]): str(one["key"]) for one in found["public_keys"]}
        except (OutgoingRefused, Unavailable, ValueError, TypeError, KeyError):
            return
        self._kept, self._read_at_s = keys, at_s


# None where the operator did not switch it on.
GITHUB_KEYS: Extension[GithubKeys | None] = Extension("github_keys")


def count_report(network: str) -> None:
    """Raises RateLimitExceeded where a network reports too often, as GitHub does not."""
    LIMITS.get().count("github_reports", network, REPORT_LIMIT).check_limit(_TOO_OFTEN)


def is_signed(body: bytes, pem: str, signature: str) -> bool:
    try:
        key = load_pem_public_key(pem.encode())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(base64.b64decode(signature, validate=True), body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True
