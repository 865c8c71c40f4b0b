"""Whose examples these are: the ids that they read, those that they may change, and the answers that this reader would get."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.work.practice.board import find_practice
from calmboard.work.practice.related_ids import latest_key_id, related_ids
from calmboard.work.projects import example_ids
from portal.shared.catalogues import API_ANSWERS


@dataclass(frozen=True, slots=True)
class Reader:
    """`own` is what examples read; `practice` is what they change, and empty where there is no practice board.

    Without an access nobody is signed in.
    """

    access: Access | None = None
    own: Mapping[str, str] = field(default_factory=dict)
    practice: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, access: Access) -> Self:
        """With the project, the board and the task of each."""
        return cls(access, example_ids(access), practice_ids(access))

    @classmethod
    def with_related(cls, access: Access) -> Self:
        """With one of each other thing too, and the reader and their newest key."""
        reader, key_id = cls.of(access), latest_key_id(access)
        themselves = {"user_id": access.user.id} | ({"key_id": key_id} if key_id else {})
        own, practice = ({**ids, **related_ids(ids)} if ids else ids for ids in (reader.own, reader.practice))
        return cls(access, {**own, **themselves}, practice)

    @property
    def needs_practice(self) -> bool:
        """Whether somebody is signed in who has no practice board with a task."""
        return self.access is not None and "task_id" not in self.practice

    def answer(self, endpoint: Mapping[str, Any], address: str, ids: Mapping[str, str]) -> Any:
        """The answer to a reading example; None where it names something that the reader does not have."""
        if self.access is None or not is_answered(endpoint, ids, self.own):
            return None
        return API_ANSWERS.get()(endpoint["name"], address, self.access, ids)


class StandIn(Reader):
    """A reader whose ids and answers are words, in whose place those of any reader are put afterwards."""

    __slots__ = ()

    def answer(self, endpoint: Mapping[str, Any], address: str, ids: Mapping[str, str]) -> Any:  # noqa: ARG002 -- as its base
        if not is_answered(endpoint, ids, self.own):
            return None
        return Markup(answer_stand_in(endpoint["name"]))  # noqa: S704 -- a word of ours


def answer_stand_in(name: str) -> str:
    return f"ANSWER-OF-{name}"


def is_answered(endpoint: Mapping[str, Any], ids: Mapping[str, str], own: Mapping[str, str]) -> bool:
    """Whether an example reads something that is there; who a credential is, only its own request shows."""
    return bool(endpoint["method"] == "GET" and endpoint["gives"] and endpoint["scope"]) and ids.items() <= own.items()


def practice_ids(access: Access) -> dict[str, str]:
    practice = find_practice(access)
    if practice is None:
        return {}
    ids = {"project_id": practice.project_id, "board_id": practice.board_id}
    return ids | ({"task_id": practice.task_id} if practice.task_id else {})
