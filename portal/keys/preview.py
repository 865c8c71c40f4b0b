"""What a key could do today, in sentences with real counts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from calmboard.access.scopes import GRANTABLE, READ_ONLY
from calmboard.work.projects import EffectiveAccess
from portal.shared.words import listed, plural

_FEW = 3


@dataclass(frozen=True, slots=True)
class Preview:
    can: list[Markup]
    cannot: list[Markup]


def preview_of(reaches: Sequence[EffectiveAccess], rights: dict[str, str]) -> Preview:
    """`rights` are those wished for; what each project's role leaves of them stands in `reaches`."""
    if not reaches:
        return Preview([], [Markup("Nothing yet: you are in no project. It will cover those you join.")])
    can = [line for noun in GRANTABLE for line in _can(noun, reaches)]
    cannot = [*_unseen(reaches), *_held_back(reaches, rights), *_not_chosen(rights)]
    return Preview(can, cannot)


def _can(noun: str, reaches: Sequence[EffectiveAccess]) -> Iterable[Markup]:
    writing = [reach for reach in reaches if f"{noun}:write" in reach.rights]
    reading = [reach for reach in reaches if f"{noun}:read" in reach.rights and reach not in writing]
    if writing:
        yield _CAN[noun]("Read and change", writing)
    if reading:
        yield _CAN[noun]("Read", reading)


def _projects(verb: str, reaches: Sequence[EffectiveAccess]) -> Markup:
    return Markup("{} {}").format(verb, _places(reaches, "project"))


def _boards(verb: str, reaches: Sequence[EffectiveAccess]) -> Markup:
    return _counted(verb, plural(sum(reach.boards for reach in reaches), "board"), reaches)


def _tasks(verb: str, reaches: Sequence[EffectiveAccess]) -> Markup:
    return _counted(verb, plural(sum(reach.tasks for reach in reaches), "task"), reaches)


def _sprints(verb: str, reaches: Sequence[EffectiveAccess]) -> Markup:
    return _counted(verb, plural(sum(reach.sprints for reach in reaches), "sprint"), reaches)


def _comments(verb: str, reaches: Sequence[EffectiveAccess]) -> Markup:
    words = "Read comments" if verb == "Read" else "Read and write comments, and change your own,"
    return Markup("{} in {}").format(words, _places(reaches, "project"))


def _keys(_verb: str, _reaches: Sequence[EffectiveAccess]) -> Markup:
    return Markup("See which keys you have, and never the keys themselves")


def _members(verb: str, reaches: Sequence[EffectiveAccess]) -> Markup:
    return Markup("{} who is in {}").format("See" if verb == "Read" else "See and change", _places(reaches, "project"))


_CAN: dict[str, Callable[[str, Sequence[EffectiveAccess]], Markup]] = {
    "projects": _projects,
    "boards": _boards,
    "tasks": _tasks,
    "sprints": _sprints,
    "comments": _comments,
    "members": _members,
    "keys": _keys,
}


def _counted(verb: str, number: str, reaches: Sequence[EffectiveAccess]) -> Markup:
    return Markup("{} <strong>{}</strong> in {}").format(verb, number, _places(reaches, "project"))


def _places(reaches: Sequence[EffectiveAccess], noun: str, last: str = "and") -> Markup:
    """The names of a few projects, the number of many."""
    if len(reaches) > _FEW:
        return escape(plural(len(reaches), noun))
    return escape(listed([reach.project_name for reach in reaches], last))


def _unseen(reaches: Sequence[EffectiveAccess]) -> Iterable[Markup]:
    unseen = [reach for reach in reaches if not reach.rights]
    if unseen and len(unseen) < len(reaches):
        yield Markup("Cannot see {}").format(_places(unseen, "other project", "or"))


def _held_back(reaches: Sequence[EffectiveAccess], rights: dict[str, str]) -> Iterable[Markup]:
    for noun, right in rights.items():
        held = [reach for reach in reaches if reach.rights and f"{noun}:write" not in reach.rights]
        if right == "write" and held:
            places = _places(held, "project")
            yield Markup("Cannot change {} in {}: your role there does not allow it").format(GRANTABLE[noun].lower(), places)


def _not_chosen(rights: dict[str, str]) -> Iterable[Markup]:
    unread = [GRANTABLE[noun].lower() for noun, right in rights.items() if right == "none"]
    unwritten = [GRANTABLE[noun].lower() for noun, right in rights.items() if right == "read" and noun not in READ_ONLY]
    if len(unread) == len(rights):
        yield Markup("Nothing yet. Choose at least one right.")
        return
    if unread:
        yield Markup("Cannot see {}").format(listed(unread, "or"))
    if unwritten:
        yield Markup("Cannot change {}").format(listed(unwritten, "or"))
