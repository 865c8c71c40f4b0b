"""Whether a tool in somebody's cloud can reach this CalmBoard, and what to change if it cannot."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from calmboard.access.providers import Cloud
from calmboard.settings import is_loopback

_PRIVATE_ENDINGS = (".local", ".internal", ".intranet", ".lan", ".home", ".home.arpa", ".corp", ".test")
_REMEDY = "Set CALMBOARD_PUBLIC_URL to an https address that the internet reaches, and start CalmBoard again."


def unreachable_reason(address: str, cloud: Cloud | None) -> str | None:
    """What keeps a cloud from calling this address, and the remedy; None where nothing does.

    Only the address is checked, and no request is made. Without a cloud the tool runs on the reader's own machines, which
    may reach any address.
    """
    if cloud is None:
        return None
    reason = _address_reason(urlsplit(address), cloud.name) or _port_reason(urlsplit(address), cloud)
    return f"{reason} {_REMEDY}" if reason else None


def _address_reason(address: SplitResult, cloud: str) -> str | None:
    host = address.hostname or ""
    if is_loopback(host):
        return f"{cloud} cannot reach {address.netloc}: to it, that address is its own machine."
    if _is_private(host):
        return f"{cloud} cannot reach {address.netloc}: that address exists only in your own network."
    if address.scheme != "https":
        return f"{cloud} would send your key over http, where everybody on the way can read it."
    return None


def _port_reason(address: SplitResult, cloud: Cloud) -> str | None:
    if not cloud.ports or address.port in (None, *cloud.ports):
        return None
    ports = ", ".join(map(str, cloud.ports))
    return f"{cloud.name} does not call port {address.port}; it calls {ports} alone."


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDINGS)
