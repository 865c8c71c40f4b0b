"""All rules of the house, each a function that reads a source tree and returns a sentence for each breach."""

from collections.abc import Callable
from pathlib import Path

from tests.house.rules.folders import hidden_modules, mirror_breaches
from tests.house.rules.imports import circle_breaches, import_breaches, rooms_without_order
from tests.house.rules.sizes import folder_breaches, size_breaches
from tests.house.rules.wording import name_breaches, phrase_breaches
from tests.house.sentences.counts import count_breaches
from tests.house.sentences.texts import sentence_breaches

RULES: tuple[Callable[[Path], list[str]], ...] = (
    import_breaches,
    rooms_without_order,
    circle_breaches,
    size_breaches,
    folder_breaches,
    mirror_breaches,
    hidden_modules,
    name_breaches,
    phrase_breaches,
    sentence_breaches,
    count_breaches,
)


def breaches(root: Path) -> list[str]:
    return [breach for rule in RULES for breach in rule(root)]
