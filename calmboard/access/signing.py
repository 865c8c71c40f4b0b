"""Texts that go out and come back, which nobody else can make or change: cursors and states."""

import hashlib
import hmac

import msgspec
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

from calmboard.settings import current_settings

_METHOD = {"digest_method": hashlib.sha256}


def signer(purpose: str, bound: object = None) -> URLSafeSerializer:
    """Signs for one purpose; what is signed is valid only where the same is `bound`, which is not in the text."""
    return URLSafeSerializer(current_settings().secret_key, salt=_salt(purpose, bound), signer_kwargs=_METHOD)


def timed_signer(purpose: str, bound: object = None) -> URLSafeTimedSerializer:
    """The same with the time in it, which reading compares with `max_age`."""
    return URLSafeTimedSerializer(current_settings().secret_key, salt=_salt(purpose, bound), signer_kwargs=_METHOD)


def signature(purpose: str, bound: object, payload: bytes, size: int) -> bytes:
    """The bare signature of a payload, where each character counts."""
    key = current_settings().secret_key.encode()
    return hmac.digest(key, b"\0".join((purpose.encode(), _canonical(bound), payload)), hashlib.sha256)[:size]


def _salt(purpose: str, bound: object) -> bytes:
    return purpose.encode() if bound is None else purpose.encode() + hashlib.sha256(_canonical(bound)).digest()


def _canonical(bound: object) -> bytes:
    return msgspec.json.encode(bound, order="sorted")
