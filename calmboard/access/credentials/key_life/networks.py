"""The networks that a key may be used from, as CIDRs (RFC 4632, RFC 4291)."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from calmboard.access.access import Credential
from calmboard.errors import FieldError, NetworkNotAllowed, ValidationFailed

MAX_NETWORKS = 50
_PREFIX_LENGTHS = {4: 24, 6: 48}
_EVERYWHERE = "That allows every network, which is what a key without a list does. Empty the list, or name your own networks."

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def require_network(credential: Credential, ip: str | None) -> None:
    """Raise NetworkNotAllowed where the key has networks, and the address is in none of them."""
    if credential.networks is None:
        return
    address = address_of(ip)
    if address is None or not any(address in network for network in _parsed(credential.networks)):
        raise NetworkNotAllowed(f"The key cbk_…{credential.last4} may not be used from {ip or 'an unknown network'}.")


def read_networks(texts: Iterable[str]) -> list[str] | None:
    """CIDRs or single addresses as they are kept: written in one way, each once, sorted; None for no list.

    Raises ValidationFailed with an error for each that cannot be used.
    """
    given = [text.strip() for text in texts if text.strip()]
    if len(given) > MAX_NETWORKS:
        raise ValidationFailed(errors=(FieldError("/networks", "too_many", f"A key holds at most {MAX_NETWORKS:,} networks."),))
    networks, errors = set[Network](), []
    for index, text in enumerate(given):
        try:
            networks.add(_network_of(text))
        except ValueError as error:
            errors.append(FieldError(f"/networks/{index}", "no_network", f"“{text[:60]}”: {error}"))
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return [str(network) for network in sorted(networks, key=lambda each: (each.version, each))] or None


def address_of(ip: str | None) -> Address | None:
    """The address; an IPv4 one that came over IPv6 as what it is."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def network_around(ip: str | None) -> str | None:
    """The network that counts as one place: the address of a phone, or of a tool in a cloud, changes by the hour."""
    address = address_of(ip)
    if address is None:
        return None
    return str(ipaddress.ip_network((address, _PREFIX_LENGTHS[address.version]), strict=False))


def is_within(ip: str | None, networks: Iterable[str]) -> bool:
    address = address_of(ip)
    return address is not None and any(address in network for network in _parsed(tuple(networks)))


def are_within(networks: Iterable[str] | None, allowed: Iterable[str] | None) -> bool:
    """Whether each of these lies in one that is allowed; None stands for everywhere."""
    if allowed is None or networks is None:
        return allowed is None
    outer = _parsed(tuple(allowed))
    return all(any(_lies_in(inner, each) for each in outer) for inner in _parsed(tuple(networks)))


def _lies_in(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _network_of(text: str) -> Network:
    try:
        if "%" in text:  # the zone of one host, which says nothing on another (RFC 4007)
            raise ValueError
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError("write an address, or a network such as 203.0.113.0/24 or 2001:db8::/32.") from None
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
        network = ipaddress.ip_network((network.network_address.ipv4_mapped, network.prefixlen - 96))
    if network.prefixlen == 0:
        raise ValueError(_EVERYWHERE)
    return network


@lru_cache(maxsize=1000)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in networks)
