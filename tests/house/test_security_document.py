"""docs/security.md against the tree: each promise names tests that exist, each limit shows the value that it has in the code."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from calmboard.settings import RateLimit, Settings, read_settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/security.md").read_text()
README = (ROOT / "README.md").read_text()
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_CONSTANT = re.compile(r"`([a-z]+(?:\.[a-z_]+)+:[\w.]+)`")
_PATH = re.compile(r"`([a-z_]+(?:/[\w.]+)+/?)`")
_SETTING = re.compile(r"`(CALMBOARD_[A-Z_]+)`")
_PROMISE, _LIMIT = ["Promise", "Held by"], ["Limit", "Default", "Changed by", "Why, and what it costs", "In code"]
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))

_SOUND = """
| Promise | Held by |
|---|---|
| It names what exists. | `tests/house/test_security_document.py::test_every_test_that_it_names_exists` |

| Limit | Default | Changed by | Why, and what it costs | In code |
|---|---|---|---|---|
| Rows of a list | 25, at most 100 | constant | None. | `calmboard.pagination:DEFAULT_LIMIT`, `calmboard.pagination:MAX_LIMIT` |
| Refused keys | 30 in 1 minute | `CALMBOARD_RATE_FAILURES` | None. | `calmboard.settings:Settings.rate_failures` |
"""


def test_every_test_that_it_names_exists() -> None:
    assert len(_TEST.findall(TEXT)) > 150
    assert missing_tests(TEXT) == []


def test_every_limit_shows_its_present_value() -> None:
    assert len(_CONSTANT.findall(TEXT)) > 70
    assert wrong_values(TEXT) == []


def test_every_row_is_whole_and_held_by_something() -> None:
    assert {len(cells) for cells in rows(TEXT)} == {len(_PROMISE), len(_LIMIT)}
    assert unheld_rows(TEXT) == []


def test_every_path_that_it_names_exists() -> None:
    assert [path for path in sorted(set(_PATH.findall(TEXT))) if not (ROOT / path).exists()] == []


def test_what_a_setting_changes_says_which() -> None:
    assert [cells[0] for cells in rows(TEXT) if ":Settings." in cells[-1] and not _SETTING.search(cells[2])] == []
    assert set(_SETTING.findall(TEXT)) <= set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))


def test_a_sound_document_has_no_faults() -> None:
    assert [*missing_tests(_SOUND), *wrong_values(_SOUND), *unheld_rows(_SOUND)] == []


@pytest.mark.parametrize(
    ("written_now", "written_wrongly"),
    [
        ("::test_every_test_that_it_names_exists", "::test_that_nobody_wrote"),
        ("house/test_security_document.py::", "house/test_of_nothing.py::"),
        ("at most 100", "at most 1000"),
        ("30 in 1 minute", "30 in 1 hour"),
        ("pagination:MAX_LIMIT", "pagination:LARGEST"),
        ("calmboard.pagination:MAX_LIMIT", "calmboard.pages:MAX_LIMIT"),
        ("`calmboard.settings:Settings.rate_failures`", "its settings"),
        ("`, `calmboard.pagination:MAX_LIMIT", "`, and `calmboard.pagination:MAX_LIMIT"),
        ("| None. | `calmboard.p", "| | `calmboard.p"),
        ("| constant ", ""),
    ],
)
def test_a_fault_is_found(written_now: str, written_wrongly: str) -> None:
    text = _SOUND.replace(written_now, written_wrongly)
    assert len({*missing_tests(text), *wrong_values(text), *unheld_rows(text)}) == 1


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("PER_DAY", RateLimit(1000, 86400), "1,000 in 1 day"),
        ("PACE", RateLimit(1, 5), "1 in 5 seconds"),
        ("AUDIT_LIFE", timedelta(days=400, hours=1), "400 days 1 hour"),
        ("PATIENCE_S", 0.1, "0.1 seconds"),
        ("HEAD_TIMEOUT_MS", 20_000, "20 seconds"),
        ("refresh_grace_s", 60, "1 minute"),
        ("MAX_BYTES", 256 * 1024, "256 KiB"),
        ("MAX_FILE_BYTES", 10 * 1024 * 1024, "10 MiB"),
        ("MAX_FIELDS", 1000, "1,000"),
        ("cors_origins", (), "none"),
    ],
)
def test_a_value_is_written_with_its_unit(name: str, value: object, text: str) -> None:
    assert list(written(name, value)) == [text]


def missing_tests(text: str) -> list[str]:
    return [f"{path}::{name}" for path, name in _TEST.findall(text) if name not in _tests_in(path)]


def wrong_values(text: str) -> list[str]:
    """A sentence for each constant that is not there, or has another value than its row shows."""
    limits = [cells for cells in rows(text) if len(cells) == len(_LIMIT)]
    return [error for cells in limits for reference in _CONSTANT.findall(cells[-1]) for error in _errors_of(reference, cells[1])]


def unheld_rows(text: str) -> list[str]:
    """What begins each row that has an empty cell, or too few, or whose last one lists anything but tests and constants."""
    return [cells[0] for cells in rows(text) if not (_is_whole(cells) and _is_held(cells[-1]))]


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, without the heads and the lines below them."""
    lines = [[cell.strip() for cell in line[1:-1].split("|")] for line in text.splitlines() if line.startswith("|")]
    return [cells for cells in lines if cells not in (_PROMISE, _LIMIT) and set("".join(cells)) != {"-"}]


def written(name: str, value: Any) -> Iterator[str]:
    """How the document writes a constant, whose name tells its unit."""
    unit = name.lower().rpartition("_")[2]
    match value:
        case RateLimit():
            yield f"{value.amount:,} in {_duration(value.seconds)}"
        case timedelta():
            yield _duration(value.total_seconds())
        case Mapping() | tuple():
            members = value.values() if isinstance(value, Mapping) else value
            yield from [text for member in members for text in written(name, member)] or ["none"]
        case int() | float() if unit in ("s", "ms"):
            yield _duration(value if unit == "s" else value / 1000)
        case int() if "BYTES" in name:
            yield f"{value // 2**20:,} MiB" if value % 2**20 == 0 else f"{value // 2**10:,} KiB"
        case _:
            yield f"{value:,}" if isinstance(value, int) else str(value)


def _is_whole(cells: list[str]) -> bool:
    return all(cells) and len(cells) in (len(_PROMISE), len(_LIMIT))


def _is_held(cell: str) -> bool:
    names = cell.split(", ")
    return all(_TEST.fullmatch(name) or _CONSTANT.fullmatch(name) for name in names)


def _errors_of(reference: str, default: str) -> list[str]:
    try:
        value = _value_of(reference)
    except (ImportError, AttributeError, KeyError):
        return [f"{reference} is not there"]
    texts = written(reference.rpartition(":")[2].rpartition(".")[2], value)
    return [f"{reference} is {text}" for text in texts if not re.search(rf"(?<![\w.,]){re.escape(text)}(?!\w)", default)]


def _value_of(reference: str) -> Any:
    """What stands at `module:NAME`, or at a path from there: a key of a mapping, an attribute, a rule of an annotated type."""
    module, _, path = reference.partition(":")
    value: Any = import_module(module)
    for name in path.split("."):
        value = _members(value)[name] if isinstance(value, Mapping | type) else getattr(value, name)
        value = value.__metadata__[0] if hasattr(value, "__metadata__") else value
    return value


def _members(holder: Any) -> Mapping[str, Any]:
    """The members of a mapping, or the defaults of a class; those of the settings are what an empty environment gives."""
    if holder is Settings:
        return {field.name: getattr(_default_settings(), field.name) for field in fields(Settings)}
    return {field.name: field.default for field in fields(holder)} if is_dataclass(holder) else holder


def _default_settings() -> Settings:
    return read_settings({"CALMBOARD_SECRET_KEY": "given, so that none is made and stored"})


@cache
def _tests_in(path: str) -> frozenset[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def _duration(seconds: float) -> str:
    parts = []
    for name, length in _UNITS:
        count, seconds = divmod(seconds, length) if length > 1 else (seconds, 0)
        if count:
            parts.append(f"{count:g} {name}{'' if count == 1 else 's'}")
    return " ".join(parts)
