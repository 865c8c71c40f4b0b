"""Which calls the page shows, as its address says; what cannot be meant is named, and left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from werkzeug.datastructures import MultiDict

from calmboard.access.request_log.reading import EVERY_CALL, CallFilter
from calmboard.access.secret_format import find_secret
from calmboard.ids import is_id
from portal.activity.endpoints import EndpointQuery, read_endpoint
from portal.shared.texts.moments import read_moment

FIELDS = ("credential", "outcome", "step", "status", "call", "since", "until")
OUTCOMES = {"answered": "Answered", "refused": "Refused"}
STEPS = {
    "credential": "Key",
    "network": "Network",
    "plan": "Plan",
    "limit": "Limit",
    "scope": "Scope",
    "project": "Project",
    "input": "Input",
}
_STATUS = re.compile(r"[1-5]\d\d")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_MAX_TEXT = 200
_TIME = "Give a day and a time, such as 2026-11-30T14:05."


@dataclass(frozen=True)
class ActivityFilters:
    """`values` as they were given, `wanted` what they mean, `errors` by the field that means nothing."""

    values: Mapping[str, str] = field(default_factory=dict)
    wanted: CallFilter = EVERY_CALL
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, args: MultiDict[str, str]) -> Self:
        given = {name: args.get(name, "").strip() for name in FIELDS}
        values = {name: text[:_MAX_TEXT] for name, text in given.items() if text and not find_secret(text)}
        wanted = EVERY_CALL
        errors: dict[str, str] = {}
        for name, text in values.items():
            meaning, error = _READERS[name](text)
            wanted = replace(wanted, **meaning)
            errors |= {name: error} if error else {}
        return cls(values, wanted, errors)

    @cached_property
    def query(self) -> dict[str, Any]:
        """The parameters of an address that asks for the same."""
        return dict(self.values)

    @property
    def narrows(self) -> bool:
        return bool(self.query)


Meaning = tuple[dict[str, Any], str]


def _read_credential(text: str) -> Meaning:
    if is_id("key", text) or is_id("grn", text):
        return {"credential_id": text}, ""
    return {}, "Choose one of your keys or apps in the list."


def _read_outcome(text: str) -> Meaning:
    return ({"refused": text == "refused"}, "") if text in OUTCOMES else ({}, "Choose answered or refused.")


def _read_step(text: str) -> Meaning:
    return ({"refused_by": text}, "") if text in STEPS else ({}, "Choose one of the steps in the list.")


def _read_status(text: str) -> Meaning:
    return ({"status": int(text)}, "") if _STATUS.fullmatch(text) else ({}, "A status has three digits, such as 403.")


def _read_call(text: str) -> Meaning:
    endpoint: EndpointQuery | None = read_endpoint(text)
    if endpoint is not None:
        return {name: value for name, value in endpoint._asdict().items() if value}, ""
    if _REQUEST_ID.fullmatch(text):
        return {"request_id": text}, ""
    return {}, "Give a route such as /tasks/{task_id}, a tool such as list_tasks, or a request ID."


def _read_since(text: str) -> Meaning:
    at = read_moment(text)
    return ({"since": at}, "") if at else ({}, _TIME)


def _read_until(text: str) -> Meaning:
    at = read_moment(text)
    return ({"until": at}, "") if at else ({}, _TIME)


_READERS = {
    "credential": _read_credential,
    "outcome": _read_outcome,
    "step": _read_step,
    "status": _read_status,
    "call": _read_call,
    "since": _read_since,
    "until": _read_until,
}
