"""The rows of the log: each call with its decision, step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from flask import url_for

from calmboard.access.access import Access
from calmboard.access.credentials.names import find_credential_names
from calmboard.access.request_log.reading import Call
from calmboard.errors import PROBLEMS
from calmboard.settings import current_settings
from portal.activity.curl import curl_of
from portal.activity.endpoints import find_scope, shown_route, tools
from portal.activity.filters import STEPS

State = Literal["passed", "stopped", "open"]
# The last two are judged together, so that neither says of the other whether it was passed.
_TOGETHER = ("project", "input")
_PASSED = {
    "credential": "Known, not revoked, paused or expired",
    "network": "Allowed for it",
    "plan": "Includes integration APIs",
    "limit": "Room in the window",
    "project": "Its owner may, and so may the credential",
    "input": "Understood",
}
_GONE = {"key": "A key that is gone", "grn": "An app that is gone"}


@dataclass(frozen=True, slots=True)
class Check:
    """A step of the decision, with what came of it in words."""

    name: str
    state: State
    words: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """`what` is the tool, or the route; `credential_url` leads to the key or app."""

    call: Call
    what: str
    result: str
    credential: str
    credential_url: str | None
    checks: Sequence[Check]
    curl: str

    @property
    def is_refused(self) -> bool:
        return self.call.code is not None

    @property
    def stopped_at(self) -> str:
        return next((check.name for check in self.checks if check.state == "stopped"), "")

    @property
    def summary(self) -> str:
        """The checks in one sentence, for who does not see them."""
        if self.stopped_at:
            return f"Stopped at {self.stopped_at}"
        if self.call.status >= 500:
            return "Failed at CalmBoard"
        return "Something had changed meanwhile" if self.is_refused else "Passed all checks"


def call_rows(access: Access, calls: Sequence[Call]) -> list[CallRow]:
    names = find_credential_names(access, {call.credential_id for call in calls})
    origin = current_settings().origin
    return [_row(call, names, origin) for call in calls]


def credential_name(names: Mapping[str, str], credential_id: str) -> str:
    return names.get(credential_id) or _GONE.get(credential_id[:3], "A credential that is gone")


def credential_url(names: Mapping[str, str], credential_id: str) -> str | None:
    """The page of a key or app."""
    if credential_id not in names:
        return None
    if credential_id.startswith("key_"):
        return url_for("portal.key_page", key_id=credential_id)
    return url_for("portal.app_page", app_id=credential_id)


def _row(call: Call, names: Mapping[str, str], origin: str) -> CallRow:
    return CallRow(
        call,
        what=call.tool or shown_route(call.route),
        result=call.code or _phrase(call.status),
        credential=credential_name(names, call.credential_id),
        credential_url=credential_url(names, call.credential_id),
        checks=_checks(call),
        curl=curl_of(call, origin),
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _checks(call: Call) -> list[Check]:
    """Empty where it was no step that refused it: CalmBoard failed, or two changes met."""
    if call.code is not None and call.refused_by is None:
        return []
    steps = [step for step in STEPS if step != "network" or call.refused_by == "network"]
    stop = steps.index(call.refused_by) if call.refused_by in steps else len(steps)
    return [_check(call, step, index, stop) for index, step in enumerate(steps)]


def _check(call: Call, step: str, index: int, stop: int) -> Check:
    name = STEPS[step]
    if index == stop:
        return Check(name, "stopped", PROBLEMS[call.code].meaning if call.code in PROBLEMS else "Refused")
    if step in _TOGETHER and call.refused_by in _TOGETHER:
        return Check(name, "open", "Not what stopped it")
    if index > stop:
        return Check(name, "open", "Not reached")
    return Check(name, "passed", _scope_words(call) if step == "scope" else _PASSED[step])


def _scope_words(call: Call) -> str:
    tool = tools().get(call.tool or "")
    scopes = tool["scopes"] if tool else [find_scope(call.method, call.route)]
    needed = " and ".join(f"`{scope}`" for scope in scopes if scope)
    return f"Has {needed}" if needed else "None is needed"
