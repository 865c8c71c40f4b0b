"""The API's endpoints with request and response examples, and the reader's own ids in them.

The endpoints come as plain data from the described views of the API; see `wsgi.py`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from calmboard.errors import NotFound
from portal.docs.contents import endpoint_id
from portal.docs.effects import effect_of
from portal.docs.reader import Reader
from portal.docs.samples import KEY, ExampleRequest, Sample, samples
from portal.shared.catalogues import API_CATALOGUE
from web.origin import origin

_BASE = "/api/v1"
# What people start with; everything else is in the reference.
FIRST = ("read_me", "list_projects", "list_tasks", "create_task", "change_task", "put_external_task")
# So many of a list are enough to show what it looks like.
_FEW = "?limit=2"
_EXAMPLE_ORIGIN = "https://calmboard.example"
# What stands for a person or a key in an example is an invented one as a whole, with a name; only an address names a real one.
_INVENTED = ("user_id", "key_id", "invitation_id")
_ID = re.compile(r"\b([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}\b")


@dataclass(frozen=True, slots=True)
class Example:
    """An endpoint with one example request. `user_values` are the reader's own values; `endpoint` is its entry in the catalogue;
    `response` is None where it has no body. `effect` says what it changes; `is_computed`: the response is the reader's own.
    """

    id: str
    summary: str
    method: str
    path: str
    scope: str | None
    request: ExampleRequest
    samples: tuple[Sample, ...]
    user_values: tuple[str, ...]
    ids: Mapping[str, str]
    status: int
    reason: str
    response: Any
    is_computed: bool
    effect: str
    endpoint: Mapping[str, Any]

    def sample_in(self, language: str) -> Sample:
        """The request in a language, or in the first where it is not put into that one."""
        return next((sample for sample in self.samples if sample.slug == language), self.samples[0])

    @property
    def body_text(self) -> str:
        return json.dumps(self.request.body, indent=2, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class NounReference:
    slug: str
    name: str
    path: str
    lead: str
    shape: Mapping[str, Any] | None
    examples: tuple[Example, ...]


def examples(reader: Reader) -> list[NounReference]:
    """Every noun; words such as TASK_ID stand for the ids that the reader does not have."""
    return [_noun(noun, reader) for noun in API_CATALOGUE.get()]


def first_example_ids() -> list[str]:
    return [endpoint_id(name) for name in FIRST]


def find_noun(slug: str, reader: Reader) -> NounReference:
    """One noun; raises NotFound where there is none."""
    found = next((noun for noun in API_CATALOGUE.get() if noun["slug"] == slug), None)
    if found is None:
        raise NotFound("The reference has no such page.")
    return _noun(found, reader)


def find_noun_and_example(slug: str, example_id: str, reader: Reader) -> tuple[Mapping[str, Any], Example]:
    """One endpoint of a noun; raises NotFound where there is none."""
    pairs = [(noun, endpoint) for noun in API_CATALOGUE.get() if noun["slug"] == slug for endpoint in noun["endpoints"]]
    found = next((pair for pair in pairs if example_id == endpoint_id(pair[1]["name"])), None)
    if found is None:
        raise NotFound("The reference has no such endpoint.")
    return found[0], _example(found[1], reader)


def first_examples(reader: Reader) -> list[Example]:
    """The few that are the most useful at first, in their own order."""
    by_name = {endpoint["name"]: endpoint for noun in API_CATALOGUE.get() for endpoint in noun["endpoints"]}
    return [_example(by_name[name], reader) for name in FIRST]


def find_example(shown: Sequence[Example], example_id: str | None) -> Example | None:
    return next((example for example in shown if example.id == example_id), None)


def first_answers(reader: Reader) -> dict[str, Any]:
    """The reader's own answers to these, by their names in the catalogue."""
    return {example.endpoint["name"]: example.response for example in first_examples(reader) if example.is_computed}


def _noun(noun: Mapping[str, Any], reader: Reader) -> NounReference:
    shown = tuple(_example(endpoint, reader) for endpoint in noun["endpoints"])
    return NounReference(noun["slug"], noun["name"], noun["path"], noun["lead"], noun["shape"], shown)


def _example(endpoint: Mapping[str, Any], reader: Reader) -> Example:
    known = reader.own if endpoint["method"] == "GET" else reader.practice
    values = _values(endpoint, reader, known)
    ids = {name: values[name] for name in endpoint["parameters"]}
    request = ExampleRequest(endpoint["method"], _address(endpoint, ids), _body(endpoint, values), endpoint["is_form"])
    computed = reader.answer(endpoint, request.url, ids)
    return Example(
        endpoint_id(endpoint["name"]),
        endpoint["summary"],
        request.method,
        endpoint["path"].removeprefix(_BASE),
        endpoint["scope"],
        request,
        samples(request),
        (f"${KEY}", KEY, *ids.values(), *known.values()),
        ids,
        endpoint["status"],
        HTTPStatus(endpoint["status"]).phrase,
        _response(endpoint, values, known) if computed is None else computed,
        computed is not None,
        effect_of(endpoint, ids, reader.practice),
        endpoint,
    )


def _address(endpoint: Mapping[str, Any], ids: Mapping[str, str]) -> str:
    path: str = endpoint["path"].format_map(ids)
    return f"{origin()}{path}{_FEW if endpoint['is_list'] else ''}"


def _values(endpoint: Mapping[str, Any], reader: Reader, known: Mapping[str, str]) -> dict[str, str]:
    """A value for each parameter that a path or a body may have: the reader's, an example, or a word that stands for one."""
    is_practice = reader.access is not None and endpoint["method"] != "GET"
    words = {name: _word(name, is_practice and name not in _INVENTED) for name in endpoint["prefixes"]}
    return {**words, **{name: example or words[name] for name, example in endpoint["parameters"].items()}, **known}


def _word(name: str, is_practice: bool) -> str:
    return f"PRACTICE_{name.upper()}" if is_practice else name.upper()


def _body(endpoint: Mapping[str, Any], values: Mapping[str, str]) -> Any:
    return _with_ids(endpoint["body"], {endpoint["prefixes"][name]: values[name] for name in endpoint["prefixes"]})


def _response(endpoint: Mapping[str, Any], values: Mapping[str, str], known: Mapping[str, str]) -> Any:
    """The example's own answer, with the ids of its request; what the request creates has an id that is in no request."""
    response, prefixes = endpoint["response"], endpoint["prefixes"]
    named = [name for name in prefixes if name in endpoint["parameters"] or (name in known and name not in _INVENTED)]
    if endpoint["name"] == "change_tasks":
        named = ["board_id", "task_id"]
    by_prefix = {prefixes[name]: values[name] for name in named}
    if endpoint["is_creation"]:
        by_prefix.pop(response["id"].partition("_")[0], None)
    return _with_ids(response, by_prefix)


def _with_ids(value: Any, by_prefix: Mapping[str, str]) -> Any:
    """The same JSON, with another id in place of each example of its kind, and addresses of this CalmBoard."""
    text = json.dumps(value).replace(_EXAMPLE_ORIGIN, origin())
    return json.loads(_ID.sub(lambda found: by_prefix.get(found[1], found[0]), text))
