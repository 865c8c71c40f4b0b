"""Finding endpoints of the API by words: path, title, parameter, field, error code."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from calmboard.access.secret_format import without_secrets
from calmboard.errors import PROBLEMS, Problem
from calmboard.texts.folding import fold
from portal.docs.contents import endpoint_id
from portal.shared.catalogues import API_CATALOGUE

_MAX_TEXT = 80
_MOST_REASONS = 3
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]+")
_FIELDS = {"path_fields": "Path", "query_fields": "Query", "body_fields": "Body", "header_fields": "Header"}


@dataclass(frozen=True, slots=True)
class Match:
    """An endpoint that has to do with all words; `reasons` where neither title nor path show why."""

    noun: str
    slug: str
    id: str
    method: str
    path: str
    title: str
    reasons: Sequence[str]
    rank: int


@dataclass(frozen=True)
class EndpointSearch:
    q: str

    @classmethod
    def of(cls, text: str) -> Self:
        """What an address asks for; a secret stays out of the page."""
        return cls(" ".join(_UNSEEN.sub(" ", without_secrets(text)).split())[:_MAX_TEXT])

    @cached_property
    def matches(self) -> Sequence[Match]:
        """What is named so comes before what only takes or gives something of that name."""
        words = fold(self.q).split()
        if not words:
            return []
        pairs = [(noun, endpoint) for noun in API_CATALOGUE.get() for endpoint in noun["endpoints"]]
        found = [match for noun, endpoint in pairs if (match := _match(noun, endpoint, words))]
        return sorted(found, key=lambda match: match.rank)

    @cached_property
    def problem(self) -> type[Problem] | None:
        """The error whose code was searched for."""
        return PROBLEMS.get(self.q.lower().replace(" ", "_"))


def _match(noun: Mapping[str, Any], endpoint: Mapping[str, Any], words: Sequence[str]) -> Match | None:
    title = fold(f"{endpoint['summary']} {endpoint['method']} {endpoint['path']}")
    about = fold(f"{title} {noun['name']} {endpoint['detail']}")
    parts = list(_parts(noun, endpoint))
    if not all(word in about or any(word in fold(text) for _, text in parts) for word in words):
        return None
    reasons = [f"{kind}: {text}" for kind, text in parts if any(word in fold(text) for word in words)]
    rank = 0 if all(word in title for word in words) else 1 if all(word in about for word in words) else 2
    return Match(
        noun["name"],
        noun["slug"],
        endpoint_id(endpoint["name"]),
        endpoint["method"],
        endpoint["path"].removeprefix("/api/v1"),
        endpoint["summary"],
        reasons[:_MOST_REASONS] if rank else [],
        rank,
    )


def _parts(noun: Mapping[str, Any], endpoint: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What an endpoint takes, refuses and gives, each by the word for its kind."""
    for fields, kind in _FIELDS.items():
        yield from ((kind, name) for name in dict.fromkeys(field["name"] for field in endpoint[fields]))
    yield from (
        ("Error", f"{one['status']} {one['code']}") for one in endpoint["answers"] if one["code"] and not one["is_common"]
    )
    if noun["shape"] and endpoint["gives"] == noun["shape"]["name"]:
        yield from (("Answer", field["name"]) for field in noun["shape"]["fields"])
