"""Who entered their password, and has a code to enter still: known by the signed cookie of this browser, for ten minutes."""

from flask import session
from itsdangerous import BadSignature

from calmboard.access.access import Person
from calmboard.access.signing import timed_signer
from calmboard.errors import NotFound
from calmboard.work.people import find_person

_LIFE_S = 600
_AWAITED = "awaited"


def ask_for_code(person: Person, *, remember: bool) -> None:
    session[_AWAITED] = timed_signer("awaited code").dumps([person.email, person.id, remember])


def awaited_person() -> Person | None:
    """Whose code this browser is asked for, as they are now; None for nobody, or once the time is over."""
    email, person_id, _ = _awaited()
    try:
        person = find_person(email)
    except NotFound:
        return None
    return person if person.id == person_id else None


def awaits_remembering() -> bool:
    return bool(_awaited()[2])


def _awaited() -> tuple[str, str, bool]:
    try:
        email, person_id, remember = timed_signer("awaited code").loads(session.get(_AWAITED, ""), max_age=_LIFE_S)
    except BadSignature:
        return "", "", False
    return email, person_id, remember
