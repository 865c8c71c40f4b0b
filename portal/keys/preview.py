"""What a key could do today, in sentences with real counts, up to where one number is as good as another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from calmboard.access.scopes import GRANTABLE, Scope
from calmboard.work.projects import FEW_PROJECTS, MOST_COUNTED, EffectiveAccess
from portal.shared.texts.words import listed, plural


@dataclass(frozen=True, slots=True)
class Preview:
    can: list[Markup]
    cannot: list[Markup]


def preview_of(accesses: Sequence[EffectiveAccess], rights: dict[str, str]) -> Preview:
    """`rights` are the requested ones; `accesses` holds what each role of the person allows of them."""
    if not accesses:
        return Preview([], [Markup("Nothing yet: you are in no project. It will cover those you join.")])
    can = [line for scope in GRANTABLE.values() for line in _can(scope, accesses)]
    cannot = [*_unseen(accesses), *_denied_by_role(accesses, rights), *_not_chosen(rights)]
    return Preview(can, cannot)


def _can(scope: Scope, accesses: Sequence[EffectiveAccess]) -> Iterable[Markup]:
    writing = [access for access in accesses if scope.write in access.rights]
    reading = [access for access in accesses if scope.read in access.rights and access not in writing]
    if writing:
        yield _line(scope.can_write, scope, writing)
    if reading:
        yield _line(scope.can_read, scope, reading)


def _line(words: str, scope: Scope, accesses: Sequence[EffectiveAccess]) -> Markup:
    return escape(words).format(amount=_amount(scope.noun, accesses), projects=_project_names(accesses, "project"))


def _amount(noun: str, accesses: Sequence[EffectiveAccess]) -> Markup:
    """How many there are, where they are counted."""
    if any(noun not in access.counts for access in accesses):
        return escape(noun)
    number, singular = sum(access.counts[noun] for access in accesses), noun.removesuffix("s")
    amount = plural(number, singular) if number <= MOST_COUNTED else f"more than {plural(MOST_COUNTED, singular)}"
    return Markup("<strong>{}</strong>").format(amount)


def _project_names(accesses: Sequence[EffectiveAccess], noun: str, last: str = "and") -> Markup:
    """The names of a few projects, the number of many."""
    number = sum(access.project_count for access in accesses)
    if number > FEW_PROJECTS:
        return escape(plural(number, noun))
    return escape(listed(sorted(name for access in accesses for name in access.names), last))


def _unseen(accesses: Sequence[EffectiveAccess]) -> Iterable[Markup]:
    unseen = [access for access in accesses if not access.rights]
    if unseen and len(unseen) < len(accesses):
        yield Markup("Cannot see {}").format(_project_names(unseen, "other project", "or"))


def _denied_by_role(accesses: Sequence[EffectiveAccess], rights: dict[str, str]) -> Iterable[Markup]:
    for noun, right in rights.items():
        denied = [access for access in accesses if access.rights and f"{noun}:write" not in access.rights]
        if right == "write" and denied:
            projects = _project_names(denied, "project")
            yield Markup("Cannot change {} in {}: your role there does not allow it").format(_label(noun), projects)


def _not_chosen(rights: dict[str, str]) -> Iterable[Markup]:
    unread = [_label(noun) for noun, right in rights.items() if right == "none"]
    unwritten = [_label(noun) for noun, right in rights.items() if right == "read" and GRANTABLE[noun].writes]
    if len(unread) == len(rights):
        yield Markup("Nothing yet. Choose at least one right.")
        return
    if unread:
        yield Markup("Cannot see {}").format(listed(unread, "or"))
    if unwritten:
        yield Markup("Cannot change {}").format(listed(unwritten, "or"))


def _label(noun: str) -> str:
    return GRANTABLE[noun].label.lower()
