"""Ids: the time leads, so they sort as they were made."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from calmboard.ids import first_id, is_id, new_id

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def _uuid_of(created_id: str) -> uuid.UUID:
    number = 0
    for digit in created_id.partition("_")[2]:
        number = number * 32 + _DIGITS.index(digit)
    return uuid.UUID(int=number)


def _burst(_: int) -> list[str]:
    return [new_id("tsk") for _ in range(5000)]


def test_ids_made_at_once_sort_as_they_were_made_and_none_comes_twice() -> None:
    with ThreadPoolExecutor(4) as threads:
        bursts = list(threads.map(_burst, range(4)))
    assert all(burst == sorted(burst) for burst in bursts)
    assert len({created_id for burst in bursts for created_id in burst}) == 4 * 5000


def test_an_id_is_a_uuid_of_version_7_that_tells_its_time() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    created_id = new_id("key")
    value = _uuid_of(created_id)
    assert is_id("key", created_id)
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert before <= datetime.fromtimestamp((value.int >> 80) / 1000, UTC) <= datetime.now(UTC)
    assert first_id("key", before) < created_id < first_id("key", before + timedelta(minutes=1))
