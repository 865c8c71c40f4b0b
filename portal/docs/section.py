"""The sections that explain the REST API: its nouns, how to authenticate, examples, errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from calmboard.access.access import Access
from calmboard.errors import PROBLEMS, Problem
from portal.apps.examples import BEARER_PLACEHOLDER
from portal.docs.examples import Example, NounSummary, first_examples, noun_summaries
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


@dataclass(frozen=True, slots=True)
class RestSection(Section):
    template = "docs/_rest.html"
    title = "REST API"
    anchor = "rest"
    group = BUILD_WITH_IT
    order = 30

    nouns: Sequence[NounSummary]

    @classmethod
    def of(cls, _access: Access) -> Self:
        return cls(noun_summaries())


@dataclass(frozen=True, slots=True)
class AuthenticationSection(Section):
    template = "docs/_authentication.html"
    title = "Authentication"
    anchor = "auth"
    group = BUILD_WITH_IT
    order = 40
    token_placeholder = BEARER_PLACEHOLDER

    @classmethod
    def of(cls, _access: Access) -> Self:
        return cls()


@dataclass(frozen=True, slots=True)
class ExamplesSection(Section):
    template = "docs/_examples.html"
    title = "Examples"
    anchor = "examples"
    group = BUILD_WITH_IT
    order = 90

    examples: Sequence[Example]

    @classmethod
    def of(cls, access: Access) -> Self:
        return cls(first_examples(access))


@dataclass(frozen=True, slots=True)
class ErrorsSection(Section):
    template = "docs/_errors.html"
    title = "Common errors"
    anchor = "errors"
    group = BUILD_WITH_IT
    order = 100

    problems: Sequence[type[Problem]]

    @classmethod
    def of(cls, _access: Access) -> Self:
        return cls([PROBLEMS[code] for code in _COMMON])
