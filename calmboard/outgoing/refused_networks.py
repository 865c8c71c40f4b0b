"""Where no request of ours goes: every network that is not public, and why it is not.

The rows are those of IANA's registries of special-purpose addresses (RFC 6890), those that carry an IPv4 address in an IPv6
one, and what the cloud of Azure gives a meaning of its own.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import NamedTuple

Network = IPv4Network | IPv6Network


class RefusedNetwork(NamedTuple):
    network: str
    meaning: str
    source: str


REFUSED_NETWORKS = (
    RefusedNetwork("0.0.0.0/8", "this host, on this network", "RFC 791, section 3.2"),
    RefusedNetwork("10.0.0.0/8", "private use", "RFC 1918"),
    RefusedNetwork("100.64.0.0/10", "shared address space of carriers", "RFC 6598"),
    RefusedNetwork("127.0.0.0/8", "loopback", "RFC 1122, section 3.2.1.3"),
    RefusedNetwork("168.63.129.16/32", "Azure’s wire server", "Microsoft Learn, What is IP address 168.63.129.16?"),
    RefusedNetwork("169.254.0.0/16", "link local, with the metadata of clouds", "RFC 3927"),
    RefusedNetwork("172.16.0.0/12", "private use", "RFC 1918"),
    RefusedNetwork("192.0.0.0/24", "IETF protocol assignments", "RFC 6890, section 2.1"),
    RefusedNetwork("192.0.2.0/24", "documentation", "RFC 5737"),
    RefusedNetwork("192.31.196.0/24", "AS112", "RFC 7535"),
    RefusedNetwork("192.52.193.0/24", "automatic multicast tunneling", "RFC 7450"),
    RefusedNetwork("192.88.99.0/24", "6to4 relays, deprecated", "RFC 7526"),
    RefusedNetwork("192.168.0.0/16", "private use", "RFC 1918"),
    RefusedNetwork("192.175.48.0/24", "direct delegation of AS112", "RFC 7534"),
    RefusedNetwork("198.18.0.0/15", "benchmarking", "RFC 2544"),
    RefusedNetwork("198.51.100.0/24", "documentation", "RFC 5737"),
    RefusedNetwork("203.0.113.0/24", "documentation", "RFC 5737"),
    RefusedNetwork("224.0.0.0/4", "multicast", "RFC 5771"),
    RefusedNetwork("240.0.0.0/4", "reserved, with broadcast", "RFC 1112, section 4"),
    RefusedNetwork("::/96", "IPv4-compatible, with loopback and the unspecified address", "RFC 4291, section 2.5.5.1"),
    RefusedNetwork("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765, section 2.1"),
    RefusedNetwork("64:ff9b::/96", "IPv4 behind a translator", "RFC 6052"),
    RefusedNetwork("64:ff9b:1::/48", "IPv4 behind a translator of one’s own", "RFC 8215"),
    RefusedNetwork("100::/64", "discard only", "RFC 6666"),
    RefusedNetwork("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    RefusedNetwork("2001::/23", "IETF protocol assignments, with Teredo (RFC 4380)", "RFC 2928"),
    RefusedNetwork("2001:db8::/32", "documentation", "RFC 3849"),
    RefusedNetwork("2002::/16", "6to4, which carries an IPv4 address", "RFC 3056"),
    RefusedNetwork("2620:4f:8000::/48", "direct delegation of AS112", "RFC 7534"),
    RefusedNetwork("3fff::/20", "documentation", "RFC 9637"),
    RefusedNetwork("4000::/2", "not assigned, with segment identifiers (RFC 9602)", "RFC 4291, section 2.4"),
    RefusedNetwork("8000::/1", "not assigned, or unique local, link local, site local, multicast", "RFC 4291, section 2.4"),
)

# No IPv6 address below 2000::/3 is public but those that only write an IPv4 address otherwise (RFC 4291, section 2.5.5.2),
# which are judged as that.
_RESERVED_BELOW, _IPV4_MAPPED = IPv6Network("::/3"), IPv6Network("::ffff:0:0/96")


def refused_networks() -> Iterator[Network]:
    for row in REFUSED_NETWORKS:
        yield ip_network(row.network)
    yield from _RESERVED_BELOW.address_exclude(_IPV4_MAPPED)
