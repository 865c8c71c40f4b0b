"""This tree keeps every rule of the house; `make check` says the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.rules.breaches import RULES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.slow
def test_this_tree_keeps_the_rule(rule: Callable[[Path], list[str]]) -> None:
    assert rule(ROOT) == []
