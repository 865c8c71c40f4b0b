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


def preview_of(accesses: Sequence[EffectiveAccess], rights: dict[str, str]) -> Preview:
    """`rights` are the requested ones; `accesses` holds what the role in each project allows of them."""
    if not accesses:
        return Preview([], [Markup("Nothing yet: you are in no project. It will cover those you join.")])
    can = [line for noun in GRANTABLE for line in _can(noun, accesses)]
    cannot = [*_unseen(accesses), *_denied_by_role(accesses, rights), *_not_chosen(rights)]
    return Preview(can, cannot)


def _can(noun: str, accesses: Sequence[EffectiveAccess]) -> Iterable[Markup]:
    writing = [access for access in accesses if f"{noun}:write" in access.rights]
    reading = [access for access in accesses if f"{noun}:read" in access.rights and access not in writing]
    if writing:
        yield _CAN[noun]("Read and change", writing)
    if reading:
        yield _CAN[noun]("Read", reading)


def _projects(verb: str, accesses: Sequence[EffectiveAccess]) -> Markup:
    return Markup("{} {}").format(verb, _project_names(accesses, "project"))


def _boards(verb: str, accesses: Sequence[EffectiveAccess]) -> Markup:
    return _counted(verb, plural(sum(access.boards for access in accesses), "board"), accesses)


def _tasks(verb: str, accesses: Sequence[EffectiveAccess]) -> Markup:
    return _counted(verb, plural(sum(access.tasks for access in accesses), "task"), accesses)


def _sprints(verb: str, accesses: Sequence[EffectiveAccess]) -> Markup:
    return _counted(verb, plural(sum(access.sprints for access in accesses), "sprint"), accesses)


def _comments(verb: str, accesses: Sequence[EffectiveAccess]) -> Markup:
    words = "Read comments" if verb == "Read" else "Read and write comments, and change your own,"
    return Markup("{} in {}").format(words, _project_names(accesses, "project"))


def _keys(_verb: str, _reaches: Sequence[EffectiveAccess]) -> Markup:
    return Markup("See which keys you have, and never the keys themselves")


def _members(verb: str, accesses: Sequence[EffectiveAccess]) -> Markup:
    return Markup("{} who is in {}").format("See" if verb == "Read" else "See and change", _project_names(accesses, "project"))


_CAN: dict[str, Callable[[str, Sequence[EffectiveAccess]], Markup]] = {
    "projects": _projects,
    "boards": _boards,
    "tasks": _tasks,
    "sprints": _sprints,
    "comments": _comments,
    "members": _members,
    "keys": _keys,
}


def _counted(verb: str, number: str, accesses: Sequence[EffectiveAccess]) -> Markup:
    return Markup("{} <strong>{}</strong> in {}").format(verb, number, _project_names(accesses, "project"))


def _project_names(accesses: Sequence[EffectiveAccess], noun: str, last: str = "and") -> Markup:
    """The names of a few projects, the number of many."""
    if len(accesses) > _FEW:
        return escape(plural(len(accesses), noun))
    return escape(listed([access.project_name for access in accesses], last))


def _unseen(accesses: Sequence[EffectiveAccess]) -> Iterable[Markup]:
    unseen = [access for access in accesses if not access.rights]
    if unseen and len(unseen) < len(accesses):
        yield Markup("Cannot see {}").format(_project_names(unseen, "other project", "or"))


def _denied_by_role(accesses: Sequence[EffectiveAccess], rights: dict[str, str]) -> Iterable[Markup]:
    for noun, right in rights.items():
        denied = [access for access in accesses if access.rights and f"{noun}:write" not in access.rights]
        if right == "write" and denied:
            projects = _project_names(denied, "project")
            yield Markup("Cannot change {} in {}: your role there does not allow it").format(GRANTABLE[noun].lower(), projects)


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
