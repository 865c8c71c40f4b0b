"""OAuth resources: what a token is for (RFC 8707). There are two, and a token for one is refused by the other."""

from urllib.parse import urlsplit

from calmboard.settings import is_loopback

API = ""
MCP = "/mcp"

# How the last use of a credential begins where it was by MCP: “MCP tools/call create_task”.
MCP_PREFIX = "MCP "


def resource_of(origin: str, suffix: str) -> str:
    return origin + suffix


def match_resource(origin: str, requested: str) -> str | None:
    """The resource that is meant, or None.

    Case of scheme and host, the default port, one trailing slash and a query make no difference:
    clients add them. Loopback names are one, as they are for the host of a request in development.
    """
    for suffix in (API, MCP):
        if _normalized(requested) == _normalized(origin + suffix):
            return origin + suffix
    return None


def _normalized(address: str) -> tuple[str, str | None, int | None, str] | None:
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    if parts.fragment or "@" in parts.netloc:
        return None
    hostname = "localhost" if is_loopback(parts.hostname or "") else parts.hostname
    return parts.scheme, hostname, port, parts.path.removesuffix("/")
