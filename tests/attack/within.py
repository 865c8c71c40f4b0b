"""Attacks by somebody who has an account: messages to strangers, rows and files without end."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from tests.attack.target import NotTried, Target, require, require_refusal

_STRANGERS, _PROJECTS = 60, 12


def write_to_strangers(target: Target) -> str:
    """Invitations to many people, and to one person from many projects, soon come to an end."""
    _require_own_machine(target)
    with _project(target, "Attack") as project_id:
        path = f"/projects/{project_id}/invitations"
        answers = [_invite(target, path, f"stranger-{secrets.token_hex(4)}@attack.invalid") for _ in range(_STRANGERS)]
    require(429 in answers, f"{answers.count(201)} strangers were written to")
    return f"{answers.count(201)} of {_STRANGERS} strangers, then 429"


def write_to_one_person(target: Target) -> str:
    _require_own_machine(target)
    victim, answers = f"victim-{secrets.token_hex(4)}@attack.invalid", []
    for number in range(_PROJECTS):
        with _project(target, f"Attack {number}") as project_id:
            answers.append(_invite(target, f"/projects/{project_id}/invitations", victim))
    require(429 in answers, f"one person was written to {answers.count(201)} times")
    return f"{answers.count(201)} of {_PROJECTS} projects, then 429"


def write_between_the_lines(target: Target) -> str:
    """A name holds no line breaks, and nothing that turns the direction of a text."""
    for name in ("a\r\nBcc: x@attack.invalid", "a\u2028b", "a\u202eb", "a\u2066b", "a\x00b", "a\x1bb"):
        answer = target.by_key("POST", "/projects", json={"name": name})
        if answer.status_code == 429:
            raise NotTried("the key's requests are used up")
        if answer.status_code == 201:
            target.by_key("DELETE", f"/projects/{answer.json()['id']}")
            require(answer.json()["name"].isprintable(), f"{name!r} stayed as it is")
        else:
            require_refusal(answer, repr(name))
    return "six names"


def _require_own_machine(target: Target) -> None:
    if not target.is_loopback:
        raise NotTried("would send mail, so it needs a loopback address")


@contextmanager
def _project(target: Target, name: str) -> Iterator[str]:
    answer = target.by_key("POST", "/projects", json={"name": name})
    if answer.status_code != 201:
        raise NotTried(f"the key may create no project: {answer.status_code}")
    yield answer.json()["id"]
    target.by_key("DELETE", f"/projects/{answer.json()['id']}")


def _invite(target: Target, path: str, email: str) -> int:
    return target.by_key("POST", path, json={"email": email, "role": "viewer"}).status_code
