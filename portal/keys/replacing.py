"""The form for a key that replaces another: no wider than that one, and it says what it took over."""

import re
from collections.abc import Iterable
from datetime import timedelta

from calmboard.access.access import Access
from calmboard.access.credentials.keys import MAX_NAME_LENGTH, Key, find_key
from calmboard.clock import now
from calmboard.errors import Forbidden, NotFound
from calmboard.work.project_choice import project_names
from portal.keys.forms import LIFETIMES, KeyForm, rights_of
from portal.shared.texts.words import listed, long_date, plural

_PRESETS = {timedelta(days=int(slug)): (slug, label) for slug, label in LIFETIMES if slug.isdigit()}
_NUMBERED = re.compile(r"(?P<name>.*) (?P<number>[1-9]\d{0,3})")
_NO_SUCH_KEY = "The key to replace is none of yours, or was removed. Nothing is filled in."


def replacing_form(access: Access, key_id: str) -> tuple[KeyForm, str]:
    """The form with what a key of the user has, and a sentence about that; an empty one for a key that is not theirs."""
    try:
        key = find_key(access, key_id)
    except (NotFound, Forbidden):
        return KeyForm(), _NO_SUCH_KEY
    known = None if key.project_ids is None else frozenset(project_names(access, set(key.project_ids)))
    form = KeyForm(
        integration=key.integration,
        name=_next_name(key.name),
        rights=rights_of(key.scopes),
        reach="all" if known is None else "some",
        project_ids=known or frozenset(),
    )
    form.lifetime, form.last_day, life = _same_life(key)
    return form, " ".join(_sentences(key, known, life))


def _next_name(name: str) -> str:
    """“CI deploy 2” after “CI deploy”, then “CI deploy 3”."""
    found = _NUMBERED.fullmatch(name)
    stem, number = (found["name"], int(found["number"]) + 1) if found else (name, 2)
    return f"{stem[: MAX_NAME_LENGTH - len(f' {number}')]} {number}"


def _same_life(key: Key) -> tuple[str, str, str]:
    """The choice of the form, the day that belongs to it, and the same in words."""
    if key.expires_at is None:
        return "never", "", "no end"
    length = key.expires_at - key.created_at
    for preset, (slug, label) in _PRESETS.items():
        if abs(length - preset) < timedelta(minutes=5):
            return slug, "", label
    days = max(1, (key.expires_at.date() - key.created_at.date()).days)
    end = now() + timedelta(days=days)
    return "date", end.date().isoformat(), f"{plural(days, 'day')}, which is until {long_date(end)}"


def _sentences(key: Key, known: frozenset[str] | None, life: str) -> Iterable[str]:
    projects = "all projects" if known is None else plural(len(known), "project")
    yield f"Filled in from “{key.name}”: {listed(['rights', projects, life])}."
    lost = len((key.project_ids or frozenset()) - (known or frozenset()))
    if lost and known:
        yield f"{plural(lost, 'project')} that you cannot see any more {'is' if lost == 1 else 'are'} left out."
    elif lost:
        yield "You cannot see any of its projects any more: choose others."
