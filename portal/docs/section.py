"""The sections that explain the REST API: its nouns, how to authenticate, examples, errors."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from calmboard.access.access import Access
from calmboard.errors import PROBLEMS, Problem
from calmboard.ids import new_id
from portal.apps.examples import BEARER_PLACEHOLDER
from portal.docs.contents import NounSummary, noun_summaries
from portal.docs.examples import Example, first_answers, first_example_ids, first_examples
from portal.docs.languages import chosen_language, opened_example
from portal.docs.reader import Reader, StandIn, answer_stand_in
from portal.shared.kept import KeptPart
from portal.shared.section import BUILD_WITH_IT, Section
from portal.shared.texts.code_markup import json_lines

_COMMON = (
    "missing_api_key",
    "invalid_api_key",
    "api_key_revoked",
    "paid_plan_required",
    "forbidden",
    "not_found",
    "rate_limit_exceeded",
)
_STAND_INS, _PRACTICE_STAND_INS = (
    {f"{noun}_id": new_id(prefix) for noun, prefix in (("project", "prj"), ("board", "brd"), ("task", "tsk"))} for _ in range(2)
)


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
class ExampleList(KeptPart):
    """The examples with a stand-in for each id and each answer of the reader's. `opened` is the id of the one that stands
    open, or none; each shows its request in one `language`.
    """

    template = "docs/_example_list.html"

    reader: Reader
    language: str
    opened: str | None

    @classmethod
    def of(cls, reader: Reader) -> Self:
        opened = opened_example()
        return cls(reader, chosen_language(), opened if opened in first_example_ids() else None)

    @property
    def examples(self) -> Sequence[Example]:
        return first_examples(self._stand_in)

    @property
    def depends_on(self) -> Hashable:
        return tuple(self.reader.own), tuple(self.reader.practice), self.language, self.opened

    @property
    def own_values(self) -> Mapping[str, str]:
        reader, stand_in = self.reader, self._stand_in
        ids = {stand_in.own[name]: own_id for name, own_id in reader.own.items()}
        ids |= {stand_in.practice[name]: own_id for name, own_id in reader.practice.items()}
        answers = {answer_stand_in(name): json_lines(body) for name, body in first_answers(reader).items()}
        return {**ids, **answers}

    @property
    def _stand_in(self) -> "StandIn":
        own, practice = ({name: ids[name] for name in given} for ids, given in self._ids)
        return StandIn(self.reader.access, own, practice)

    @property
    def _ids(self) -> Sequence[tuple[Mapping[str, str], Mapping[str, str]]]:
        return (_STAND_INS, self.reader.own), (_PRACTICE_STAND_INS, self.reader.practice)


@dataclass(frozen=True, slots=True)
class ExamplesSection(Section):
    template = "docs/_examples.html"
    title = "Examples"
    anchor = "examples"
    group = BUILD_WITH_IT
    order = 90

    list: ExampleList
    needs_practice: bool

    @classmethod
    def of(cls, access: Access) -> Self:
        reader = Reader.of(access)
        return cls(ExampleList.of(reader), reader.needs_practice)


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
