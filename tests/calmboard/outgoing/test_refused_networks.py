"""No address that is not public is connected to, however it is written."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from AntiSSRF.ipaddress_ranges import IPAddressRanges
from hypothesis import given
from hypothesis import strategies as st

from calmboard.outgoing.fetch import OutgoingRefused, make_fetch
from calmboard.outgoing.refused_networks import refused_networks

_HIDDEN = ("127.0.0.1", "10.1.2.3", "169.254.169.254", "8.8.8.8")
# Ways to write an IPv4 address as an IPv6 one (RFC 4291, 2765, 6052, 8215, 3056).
_WRITTEN = ("::{0}", "::ffff:0:{0}", "64:ff9b::{0}", "64:ff9b:1::{0}")
_OTHERS = (
    "[::]",
    "[::1]",
    "[::2]",
    "[1::1]",
    "[1fff::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[3fff::1]",
)
_UNASSIGNED = ("[4000::1]", "[5f00::1]", "[9000::1]", "[fc00::1]", "[fe80::1]", "[fe80::1%251]", "[fec0::1]", "[ff02::1]")


def _is_refused(host: str) -> bool:
    """Whether it is refused for what it is, not because nobody answers there."""
    with pytest.raises(OutgoingRefused) as refusal:
        make_fetch(timeout_s=1)(f"https://{host}:9/client", 100)
    return "AntiSSRFError" in str(refusal.value)


@pytest.mark.parametrize(
    "host", [*(f"[{form.format(address)}]" for form in _WRITTEN for address in _HIDDEN), *_OTHERS, *_UNASSIGNED]
)
def test_an_address_in_other_clothes_is_refused_before_connecting(host: str) -> None:
    assert _is_refused(host)


@given(st.ip_addresses())
def test_whatever_is_not_global_to_iana_is_refused(address: IPv4Address | IPv6Address) -> None:
    """Hypothesis draws from IANA's special networks too; an IPv4 address written as a mapped one is judged as that."""
    assert address.is_global or getattr(address, "ipv4_mapped", None) or _is_in_a_row(address)


def test_whatever_others_refuse_is_refused() -> None:
    firsts = [ip_address(network.partition("/")[0]) for network in IPAddressRanges.recommended_latest]
    assert [first for first in firsts if not _is_in_a_row(first)] == []


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "::ffff:93.184.215.14"])
def test_a_public_address_is_in_no_row(address: str) -> None:
    assert not _is_in_a_row(ip_address(address))


def _is_in_a_row(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in refused_networks() if network.version == address.version)
