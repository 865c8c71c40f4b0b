"""The form of a secret: found by a pattern in a leak, and refused without a look at the database where it has a typo."""

import hashlib
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calmboard.access.secret_format import digest, is_well_formed, new_secret

PREFIXES = ("cbk", "cbo", "cbr", "cbc", "cbm", "cbs")
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LEAK = re.compile(r"\bcb[ckmors]_[0-9A-Za-z]{36}\b")

secrets = st.sampled_from(PREFIXES).map(new_secret)


@given(secrets)
def test_a_new_secret_is_well_formed(secret: str) -> None:
    assert is_well_formed(secret)


@given(secrets)
def test_a_secret_is_prefix_thirty_characters_and_their_checksum(secret: str) -> None:
    body, checksum = secret[:-6], secret[-6:]
    value = sum(BASE62.index(character) * 62**index for index, character in enumerate(reversed(checksum)))
    assert re.fullmatch(r"cb[ckmors]_[0-9A-Za-z]{30}", body)
    assert value == zlib.crc32(body.encode())


@pytest.mark.parametrize(
    "secret",
    [
        "cbk_0000000000000000000000000000002VxXyG",
        "cbs_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz4HiJgs",
    ],
)
def test_the_checksum_stays_what_it_was(secret: str) -> None:
    assert is_well_formed(secret)


@given(secrets, st.text(alphabet="abz09 \n\"'=.:/", max_size=5).filter(lambda text: not text[-1:].isalnum()))
def test_the_published_pattern_finds_a_secret_in_any_text(secret: str, around: str) -> None:
    assert LEAK.findall(f"{around}{secret}{around[::-1]}") == [secret]


@given(secrets, st.integers(4, 39), st.sampled_from(BASE62))
def test_one_wrong_character_is_noticed(secret: str, index: int, character: str) -> None:
    changed = secret[:index] + character + secret[index + 1 :]
    assert is_well_formed(changed) == (changed == secret)


@given(secrets, st.integers(4, 38))
def test_two_swapped_characters_are_noticed(secret: str, index: int) -> None:
    changed = secret[:index] + secret[index + 1] + secret[index] + secret[index + 2 :]
    assert is_well_formed(changed) == (changed == secret)


@given(secrets, st.sampled_from(PREFIXES))
def test_a_secret_of_one_kind_does_not_pass_as_another(secret: str, prefix: str) -> None:
    assert is_well_formed(prefix + secret[3:]) == secret.startswith(prefix)


@given(
    st.text(max_size=60)
    | secrets.flatmap(lambda secret: st.sampled_from([secret[:-1], secret + "0", f" {secret}", f"{secret}\n"]))
)
def test_any_other_text_is_refused(text: str) -> None:
    assert not is_well_formed(text)


def test_secrets_never_repeat() -> None:
    assert len({new_secret("cbk") for _ in range(10_000)}) == 10_000


@given(secrets)
def test_what_is_stored_of_a_secret_is_its_sha_256(secret: str) -> None:
    assert digest(secret) == hashlib.sha256(secret.encode()).digest()
