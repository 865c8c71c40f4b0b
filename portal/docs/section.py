"""The sections that explain the REST API: its nouns, how to authenticate, examples, errors."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from calmboard.access.access import Access
from calmboard.errors import PROBLEMS, Problem
from calmboard.ids import new_id
from calmboard.work.projects import example_ids
from portal.apps.examples import BEARER_PLACEHOLDER
from portal.docs.examples import Example, NounSummary, first_examples, noun_summaries
from portal.shared.kept import KeptPart
from portal.shared.section import BUILD_WITH_IT, Section

_COMMON = (
    "missing_api_key",
    "invalid_api_key",
    "api_key_revoked",
    "paid_plan_required",
    "forbidden",
    "not_found",
    "rate_limit_exceeded",
)
_STAND_INS = {f"{noun}_id": new_id(prefix) for noun, prefix in (("project", "prj"), ("board", "brd"), ("task", "tsk"))}


@dataclass(frozen=True, slots=True)
class RestSection(KeptPart, Section):
    template = "docs/_rest.html"
    title = "REST API"
    anchor = "rest"
    group = BUILD_WITH_IT
    order = 30

    depends_on = None

    @classmethod
    def of(cls, _access: Access) -> Self:
        return cls()

    @property
    def nouns(self) -> Sequence[NounSummary]:
        return noun_summaries()


@dataclass(frozen=True, slots=True)
class AuthenticationSection(KeptPart, Section):
    template = "docs/_authentication.html"
    title = "Authentication"
    anchor = "auth"
    group = BUILD_WITH_IT
    order = 40
    depends_on = None
    token_placeholder = BEARER_PLACEHOLDER

    @classmethod
    def of(cls, _access: Access) -> Self:
        return cls()


@dataclass(frozen=True, slots=True)
class ExamplesSection(KeptPart, Section):
    template = "docs/_examples.html"
    title = "Examples"
    anchor = "examples"
    group = BUILD_WITH_IT
    order = 90

    own_ids: Mapping[str, str]

    @classmethod
    def of(cls, access: Access) -> Self:
        return cls(example_ids(access))

    @property
    def examples(self) -> Sequence[Example]:
        """The examples with a stand-in for each id that the reader has."""
        return first_examples({name: _STAND_INS[name] for name in self.own_ids})

    @property
    def depends_on(self) -> Hashable:
        return tuple(self.own_ids)

    @property
    def own_values(self) -> Mapping[str, str]:
        return {_STAND_INS[name]: own_id for name, own_id in self.own_ids.items()}


@dataclass(frozen=True, slots=True)
class ErrorsSection(KeptPart, Section):
    template = "docs/_errors.html"
    title = "Common errors"
    anchor = "errors"
    group = BUILD_WITH_IT
    order = 100

    depends_on = None

    @classmethod
    def of(cls, _access: Access) -> Self:
        return cls()

    @property
    def problems(self) -> Sequence[type[Problem]]:
        return [PROBLEMS[code] for code in _COMMON]
