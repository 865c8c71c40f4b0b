"""The token of forms, which no two answers spell alike: what compression tells of one answer is no use for the next."""

import secrets
from base64 import b64decode, urlsafe_b64encode
from typing import Any

from flask import g
from flask_wtf.csrf import CSRFProtect, generate_csrf


class MaskedCsrf(CSRFProtect):  # type: ignore[misc]  # flask_wtf has no types
    """Flask-WTF's token behind a pad that is made for each answer and sent with it."""

    def init_app(self, app: Any) -> None:
        super().init_app(app)
        app.jinja_env.globals["csrf_token"] = masked_token
        app.context_processor(lambda: {"csrf_token": masked_token})

    def _get_csrf_token(self) -> str | None:
        return _unmask(super()._get_csrf_token() or "")


def masked_token() -> str:
    """The token of this session, the same in all forms of one answer."""
    if "masked_csrf_token" not in g:
        g.masked_csrf_token = _mask(generate_csrf())
    token: str = g.masked_csrf_token
    return token


def _mask(token: str) -> str:
    text = token.encode()
    pad = secrets.token_bytes(len(text))
    return urlsafe_b64encode(pad + _xor(pad, text)).decode()


def _unmask(masked: str) -> str | None:
    """None for what no page of ours has sent."""
    try:
        both = b64decode(masked, altchars=b"-_", validate=True)
        return _xor(both[: len(both) // 2], both[len(both) // 2 :]).decode()
    except ValueError:
        return None


def _xor(pad: bytes, text: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(pad, text, strict=True))
