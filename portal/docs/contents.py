"""The contents of the API reference: resources with their endpoints, read off the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.shared.catalogues import API_CATALOGUE


@dataclass(frozen=True, slots=True)
class Entry:
    """An endpoint; `id` is its anchor in the page of its resource."""

    id: str
    method: str
    title: str


@dataclass(frozen=True, slots=True)
class NounSummary:
    slug: str
    name: str
    path: str
    lead: str
    entries: Sequence[Entry]


def noun_summaries() -> list[NounSummary]:
    return [_summary(noun) for noun in API_CATALOGUE.get()]


def endpoint_id(name: str) -> str:
    """The anchor of an endpoint, by its name in the catalogue."""
    return name.replace("_", "-")


def _summary(noun: Mapping[str, Any]) -> NounSummary:
    entries = [Entry(endpoint_id(one["name"]), one["method"], one["summary"]) for one in noun["endpoints"]]
    return NounSummary(noun["slug"], noun["name"], noun["path"], noun["lead"], entries)
