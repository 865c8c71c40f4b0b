"""Secrets that have to be read again, encrypted at rest under keys that the database does not hold."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from calmboard.settings import current_settings


def encrypt(purpose: str, secret: bytes) -> bytes:
    """Under the newest of `CALMBOARD_ENCRYPTION_KEYS`, or the secret key where there is none."""
    return _ciphers(purpose).encrypt(secret)


def decrypt(purpose: str, ciphertext: bytes) -> bytes:
    """What was encrypted for the same purpose, under whichever of the keys."""
    return _ciphers(purpose).decrypt(ciphertext)


def _ciphers(purpose: str) -> MultiFernet:
    settings = current_settings()
    keys = (*settings.encryption_keys, settings.secret_key)
    return MultiFernet([Fernet(urlsafe_b64encode(_derive(key, purpose))) for key in keys])


def _derive(key: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"encryption\0" + purpose.encode()).derive(key.encode())
