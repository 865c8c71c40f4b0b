"""The credential in an Authorization header (RFC 6750, section 2.1)."""

from flask.globals import request_ctx


def read_bearer() -> str | None:
    """The credential that was sent as `Bearer`, or None; its scheme is compared whatever its case."""
    scheme, _, secret = request_ctx.request.headers.get("Authorization", "").strip().partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None
