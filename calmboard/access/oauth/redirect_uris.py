"""Redirect URIs: which may be registered, and when a requested one is a registered one."""

from ipaddress import IPv4Address
from urllib.parse import SplitResult, urlsplit

MAX_LENGTH = 2000
MAX_OWN = 3
MAX_REGISTERED = 10

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("localhost", "127.0.0.1", "::1", str(IPv4Address(0)))
# Schemes that are no application's own: browsers render them, they launch system programs, or they are other protocols.
_BROWSER_SCHEMES = (
    "about blob chrome chrome-search content data edge file filesystem jar javascript mk res resource vbscript view-source"
)
_LAUNCHING_SCHEMES = (
    "afp android-app apt facetime facetime-audio hcp help intent itms itms-apps itms-services jnlp jnlps mailto market rdp search"
    " search-ms shell sms smsto steam tel vnc x-apple.systempreferences x-help-action x-man-page"
)
_PROTOCOL_SCHEMES = (
    "cifs dav davs ftp ftps git gopher imap irc ircs ldap ldaps magnet news nfs nntp sftp smb ssh svn telnet urn ws wss"
)
_FORBIDDEN_SCHEMES = frozenset(f"{_BROWSER_SCHEMES} {_LAUNCHING_SCHEMES} {_PROTOCOL_SCHEMES}".split())
_WINDOWS_PREFIX = "ms-"


def own_uri_error(uri: str) -> str | None:
    """What is wrong with a callback of a person's own client, in a sentence, or None.

    Public ones need https; http is for loopback names alone; no fragments.
    """
    return _common_error(uri) or _own_scheme_error(uri)


def registered_uri_error(uri: str) -> str | None:
    """The same for clients that register themselves: they may have private-use schemes too (RFC 8252, section 7.1)."""
    error = _common_error(uri)
    if error is not None:
        return error
    parts = urlsplit(uri)
    if parts.scheme == "https" and not parts.hostname:
        return "The host is missing. Write one such as https://example.com/callback."
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        return "Public addresses need https. Change http to https."
    if parts.scheme in _FORBIDDEN_SCHEMES or parts.scheme.startswith(_WINDOWS_PREFIX):
        return f"Addresses that start with {parts.scheme}: cannot be called back."
    return None


def is_same(registered: str, requested: str) -> bool:
    """Exact, but for the port of a loopback address (RFC 8252, section 7.3)."""
    if registered == requested:
        return True
    # What could not have been registered is not compared further: parsing it would drop characters that sending it would not.
    if _common_error(requested) or not is_loopback(registered):
        return False
    return _without_port(urlsplit(registered)) == _without_port(urlsplit(requested))


def is_loopback(uri: str) -> bool:
    parts = _split(uri)
    return parts is not None and parts.scheme == "http" and parts.hostname in _LOOPBACK


def is_same_origin(one: str, other: str) -> bool:
    """RFC 6454, section 5; addresses of private-use schemes have no origin, so nothing is like them."""
    origins = [_origin(uri) for uri in (one, other)]
    return None not in origins and origins[0] == origins[1]


def _origin(uri: str) -> tuple[str, str, int] | None:
    parts = _split(uri)
    if parts is None or parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def _without_port(parts: SplitResult) -> tuple[str, str | None, str, str]:
    return parts.scheme, parts.hostname, parts.path or "/", parts.query


def _common_error(uri: str) -> str | None:
    if len(uri) > MAX_LENGTH:
        return f"This is {len(uri):,} characters long. Use at most {MAX_LENGTH:,}."
    if not uri.isascii() or not uri.isprintable() or any(character in uri for character in ' "<>\\^`{|}'):
        return "Use plain letters, digits and signs; write anything else percent-encoded."
    parts = _split(uri)
    if parts is None or not parts.scheme or not (parts.netloc or parts.path):
        return "This is not a whole address. Write one such as https://example.com/callback."
    if "#" in uri:
        return "Leave out the # and what follows it; a fragment never reaches a server."
    if "@" in parts.netloc:
        return "Leave out the name before the host."
    if any(part in (".", "..") for part in parts.path.split("/")):
        return "Write the path without . and .. in it."
    if "*" in parts.netloc + parts.path:
        return "Write the whole address: with * a code could go to pages that nobody listed."
    return None


def _own_scheme_error(uri: str) -> str | None:
    parts = urlsplit(uri)
    if parts.scheme == "https" and parts.hostname:
        return None
    if parts.scheme != "http":
        return "Callbacks start with https://, or with http:// on your own machine."
    if parts.hostname not in _LOOPBACK:
        return "Public addresses need https. Change http to https."
    return None


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # reading it is what checks it
    except ValueError:
        return None
    return parts
