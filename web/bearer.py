"""The credential in an Authorization header (RFC 6750, section 2.1)."""

from web.app import current_request


def read_bearer() -> str | None:
    """The credential that was sent as `Bearer`, or None; its scheme is compared whatever its case."""
    scheme, _, secret = current_request().environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None
