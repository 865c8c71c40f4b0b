"""The layers of the budget are files that exist, so that a moved one is not counted as its caller."""

import msgspec

from bench.budget import LAYERS, STORED
from tests.support.servers.databases import KINDS
from tests.support.servers.server import ROOT


def test_every_part_of_a_layer_exists() -> None:
    parts = [part for of_layer in LAYERS.values() for part in of_layer]
    assert [part for part in parts if not (ROOT / part).exists()] == []


def test_the_stored_cost_is_of_each_database() -> None:
    stored = msgspec.json.decode(STORED.read_bytes(), type=dict[str, float])
    assert set(stored) == set(KINDS)
