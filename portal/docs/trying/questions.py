"""The question before a request that changes something: what it is about, by name, as its reader sees it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calmboard.access.access import Access
from portal.docs.examples import Example
from portal.docs.trying.fields import Entered
from portal.shared.catalogues import API_ANSWERS, API_CATALOGUE
from portal.shared.texts.words import listed
from web.origin import origin

_WORDS = {"item": "checklist item", "user": "member", "external": "task"}
_NAMES = ("title", "name", "text", "body", "email")
_MAX_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Question:
    """`sentences` say what the request is about and what it sets."""

    title: str
    method: str
    path: str
    sentences: Sequence[str]
    is_final: bool


def question_of(example: Example, entered: Entered, access: Access | None) -> Question:
    ids = {name: entered.get(f"path.{name}", "")[:500] for name in example.endpoint["parameters"]}
    path = example.path.format_map({name: value or name.upper() for name, value in ids.items()})
    sentences = [*_subject(ids, access), *_changes(example, entered.getlist("sets"))]
    return Question(f"{example.summary}?", example.method, path, sentences, example.method == "DELETE")


def _subject(ids: Mapping[str, str], access: Access | None) -> Iterator[str]:
    """The thing that the address names last: it is changed, or gets something."""
    if access is None or not ids:
        return
    parameter = list(ids)[-1]
    word = parameter.removesuffix("_id").replace("_", " ")
    word = _WORDS.get(word, word)
    name = _name(parameter, ids, access)
    yield f"The {word} is “{name}”." if name else f"You see no {word} by this ID; the key may."


def _name(parameter: str, ids: Mapping[str, str], access: Access) -> str:
    """What the reader reads of it; empty where they cannot."""
    endpoints = [one for noun in API_CATALOGUE.get() for one in noun["endpoints"] if one["method"] == "GET" and one["gives"]]
    reading = next(
        (one for one in endpoints if one["path"].endswith(f"{{{parameter}}}") and one["parameters"].keys() <= ids.keys()), None
    )
    if reading is None:
        return ""
    given = {name: ids[name] for name in reading["parameters"]}
    found: Any = API_ANSWERS.get()(reading["name"], f"{origin()}/", access, given)
    texts = [found[name] for name in _NAMES if found.get(name)] if isinstance(found, dict) else []
    return _short(str(texts[0])) if texts else ""


def _short(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def _changes(example: Example, names: Sequence[str]) -> Iterator[str]:
    known = [one["name"] for one in example.endpoint["controls"] if one["location"] == "body" and one["name"] in names]
    if known:
        yield f"It sends {listed([f'`{name}`' for name in known])}."
