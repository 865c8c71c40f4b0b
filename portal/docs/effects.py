"""What an example does, in a sentence above it: what it changes and where, or which value is to be put in first."""

from collections.abc import Iterable, Mapping
from typing import Any

from calmboard.work.practice.board import BOARD_NAME, PROJECT_NAME
from portal.shared.texts.words import listed


def effect_of(endpoint: Mapping[str, Any], ids: Mapping[str, str], practice: Mapping[str, str]) -> str:
    """Empty for what only reads things that are there."""
    return " ".join([*_change(endpoint, practice), *_to_put_in(ids)])


def _change(endpoint: Mapping[str, Any], practice: Mapping[str, str]) -> Iterable[str]:
    if endpoint["method"] == "GET":
        return
    where = _where(endpoint, practice)
    yield f"This {_third_person(endpoint['summary'])}{where}.{' It deletes for good.' if endpoint['method'] == 'DELETE' else ''}"


def _third_person(summary: str) -> str:
    """“creates or changes a task …” for “Create or change a task …”."""
    verb, *rest = summary.split()
    if rest[:1] == ["or"]:
        rest[1] = _with_s(rest[1])
    return " ".join([_with_s(verb), *rest])


def _with_s(verb: str) -> str:
    return verb.lower() + "s"


def _where(endpoint: Mapping[str, Any], practice: Mapping[str, str]) -> str:
    parameters = endpoint["parameters"]
    if not practice or not parameters.keys() & practice.keys():
        return ""
    if "project_id" in parameters or "label_id" in parameters:
        return f" in the project {PROJECT_NAME}, marked as practice"
    return f" on the board {BOARD_NAME}, marked as practice"


def _to_put_in(ids: Mapping[str, str]) -> Iterable[str]:
    words = sorted(value for value in ids.values() if value.isupper() and value.endswith("_ID"))
    if words:
        yield f"Put your own in place of {listed([f'`{word}`' for word in words])}."
