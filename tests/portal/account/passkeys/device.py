"""A device that holds passkeys, for tests: it signs as WebAuthn says, with whatever a test changes."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from flask.testing import FlaskClient
from webauthn.helpers import bytes_to_base64url, encode_cbor
from werkzeug.test import TestResponse

from tests.support.users import TestUser, csrf_token

ORIGIN, HOST = "http://localhost", "localhost"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """`count` is how often it says that it signed; `verifies`: it asks for a PIN, a finger or a face."""

    origin: str = ORIGIN
    host: str = HOST
    count: int = 0
    verifies: bool = True
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private_key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def create(self, options: dict[str, Any]) -> str:
        point = self.private_key.public_key().public_numbers()
        key = encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
        held = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + key
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(_ATTESTED) + held}
        return self._answer("webauthn.create", options, lambda _data: {"attestationObject": encode_cbor(attestation)})

    def sign(self, options: dict[str, Any]) -> str:
        data = self._data(0)

        def signed(client_data: bytes) -> dict[str, bytes]:
            signature = self.private_key.sign(data + sha256(client_data).digest(), ECDSA(SHA256()))
            return {"authenticatorData": data, "signature": signature}

        return self._answer("webauthn.get", options, signed)

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _answer(self, kind: str, options: dict[str, Any], response: Any) -> str:
        client_data = json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()
        parts = {"clientDataJSON": client_data, **response(client_data)}
        credential_id = bytes_to_base64url(self.credential_id)
        answer = {"id": credential_id, "rawId": credential_id, "type": "public-key", "clientExtensionResults": {}}
        return json.dumps({**answer, "response": {name: bytes_to_base64url(part) for name, part in parts.items()}})


def ask(client: FlaskClient, page: str, path: str, **fields: str) -> dict[str, Any]:
    """The options that a page's form gets from this path."""
    answer = client.post(path, data={"csrf_token": csrf_token(client.get(page)), **fields})
    assert answer.status_code == 200, answer.text
    options: dict[str, Any] = answer.get_json()
    return options


def add(person: TestUser, browser: FlaskClient, device: Device, name: str = "Laptop") -> TestResponse:
    """Add a device's passkey to the account."""
    form = {"name": name, "current_password": person.password}
    options = ask(browser, "/account/passkeys", "/account/passkeys/options", **form)
    return send_answer(browser, "/account/passkeys", device.create(options), page="/account/passkeys", **form)


def send_answer(client: FlaskClient, path: str, answer: str, *, page: str, **fields: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf_token(client.get(page)), "passkey": answer, **fields})
