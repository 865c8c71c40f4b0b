"""The API's endpoints with request and response examples, and the reader's own ids in them.

The endpoints come as plain data from the described views of the API; see `wsgi.py`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from calmboard.access.access import Access
from calmboard.work.projects import example_ids
from portal.docs.samples import KEY, ExampleRequest, Sample, samples
from portal.shared.catalogues import API_CATALOGUE
from web.origin import origin

_BASE = "/api/v1"
# What people start with; everything else is in the reference.
_FIRST = ("read_me", "list_projects", "list_tasks", "create_task", "change_task", "put_external_task")
_ID = re.compile(r"\b([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}\b")


@dataclass(frozen=True, slots=True)
class Example:
    """An endpoint with one example request. `user_values` are the reader's own values; `endpoint` is its entry in the catalogue;
    `response` is None where it has no body.
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
    endpoint: Mapping[str, Any]

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


@dataclass(frozen=True, slots=True)
class NounSummary:
    """A noun with the number of its endpoints."""

    slug: str
    name: str
    path: str
    endpoints: int


def noun_summaries() -> list[NounSummary]:
    nouns = API_CATALOGUE.get()
    return [NounSummary(noun["slug"], noun["name"], noun["path"], len(noun["endpoints"])) for noun in nouns]


def examples(access: Access | None) -> list[NounReference]:
    """Every noun; without a reader, words such as TASK_ID stand for the ids."""
    own_ids = example_ids(access) if access else {}
    return [_noun(noun, own_ids) for noun in API_CATALOGUE.get()]


def first_examples(own_ids: Mapping[str, str]) -> list[Example]:
    """The few that are the most useful at first, in their own order."""
    by_name = {endpoint["name"]: endpoint for noun in API_CATALOGUE.get() for endpoint in noun["endpoints"]}
    return [_example(by_name[name], own_ids) for name in _FIRST]


def _noun(noun: Mapping[str, Any], own_ids: Mapping[str, str]) -> NounReference:
    shown = tuple(_example(endpoint, own_ids) for endpoint in noun["endpoints"])
    return NounReference(noun["slug"], noun["name"], noun["path"], noun["lead"], _own(noun["shape"], own_ids), shown)


def _example(endpoint: Mapping[str, Any], own_ids: Mapping[str, str]) -> Example:
    ids = {name: own_ids.get(name) or example or name.upper() for name, example in endpoint["parameters"].items()}
    request = ExampleRequest(
        endpoint["method"], origin() + endpoint["path"].format_map(ids), _own(endpoint["body"], own_ids), endpoint["is_form"]
    )
    return Example(
        endpoint["name"].replace("_", "-"),
        endpoint["summary"],
        request.method,
        endpoint["path"].removeprefix(_BASE),
        endpoint["scope"],
        request,
        samples(request),
        (f"${KEY}", KEY, *ids.values(), *own_ids.values()),
        ids,
        endpoint["status"],
        HTTPStatus(endpoint["status"]).phrase,
        _own(endpoint["response"], own_ids),
        endpoint,
    )


def _own(value: Any, own_ids: Mapping[str, str]) -> Any:
    """The same JSON, with the reader's own id in place of each example of its kind."""
    by_prefix = {own.partition("_")[0]: own for own in own_ids.values()}
    return json.loads(_ID.sub(lambda found: by_prefix.get(found[1], found[0]), json.dumps(value)))
