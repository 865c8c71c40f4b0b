"""The part of the log that the page shows, and what is said about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from flask import url_for

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.credentials.names import find_credential_names, list_credential_names
from calmboard.access.plans import PLANS
from calmboard.access.request_log.reading import Call, CallFilter, list_calls, list_gaps
from calmboard.access.request_log.usage import read_usage_of_person
from calmboard.clock import now
from calmboard.pagination import MAX_LIMIT, Page, PageRequest
from portal.activity.endpoints import endpoints, shown_route, tools
from portal.activity.filters import OUTCOMES, STEPS, ActivityFilters
from portal.activity.rows import CallRow, call_rows, credential_name
from portal.shared.lists import ListPart, next_page, page_or_first, requested_page
from portal.shared.texts.bars import Bars
from portal.shared.texts.moments import field_moment
from portal.shared.texts.words import short_date
from portal.shared.texts.zone import local, today

CURSOR_PARAM = "calls_after"
_LONGEST_CALL = timedelta(seconds=30)
# Of the random part of an id, enough to tell a hundred calls apart.
_END_LENGTH = 8
_REVOKED, _MISTYPED = "api_key_revoked", "invalid_api_key"


@dataclass(frozen=True, slots=True)
class FailedUse:
    """The latest try with a key that was revoked, or with one that is nearly one of the reader's."""

    call: Call
    name: str

    @property
    def is_revoked(self) -> bool:
        return self.call.code == _REVOKED


@dataclass(frozen=True, slots=True)
class ActivityLog:
    """`bars` are the calls of thirty days, of all keys and apps; `gaps` are times of which calls are missing, in words;
    `follow_url` is where newer calls are asked for.
    """

    filters: ActivityFilters
    calls: ListPart[CallRow]
    bars: Bars | None
    gaps: Sequence[str]
    failed_uses: Sequence[FailedUse]
    credentials: dict[str, str]
    days: int
    follow_url: str

    @classmethod
    def of(cls, access: Access, filters: ActivityFilters) -> Self:
        page, has_previous = page_or_first(partial(list_calls, access, wanted=filters.wanted), _requested())
        return cls(
            filters,
            _part(access, filters, page, has_previous),
            None if filters.narrows or has_previous else Bars.of(read_usage_of_person(access.user.id)),
            [_gap_words(*gap) for gap in list_gaps(access, filters.wanted)],
            [] if filters.narrows or has_previous else _failed_uses(access),
            _choices(access, filters),
            PLANS[access.user.plan].log_days,
            _follow_url(filters, page.rows),
        )

    @property
    def outcomes(self) -> dict[str, str]:
        return OUTCOMES

    @property
    def steps(self) -> dict[str, str]:
        return STEPS

    @property
    def suggestions(self) -> list[str]:
        """What the field for a call proposes."""
        return sorted({*tools(), *(shown_route(endpoint["route"]) for endpoint in endpoints())})

    @property
    def since(self) -> str:
        return field_moment(self.filters.wanted.since)

    @property
    def until(self) -> str:
        return field_moment(self.filters.wanted.until)


def next_calls(access: Access, filters: ActivityFilters) -> ListPart[CallRow]:
    return _part(access, filters, list_calls(access, _requested(), filters.wanted), has_previous=True)


@dataclass(frozen=True, slots=True)
class NewerCalls:
    """The calls that a page does not show yet, at most a hundred; `has_more` where that are not all."""

    rows: Sequence[CallRow]
    has_more: bool
    follow_url: str

    @classmethod
    def of(cls, access: Access, filters: ActivityFilters, newer_than: str, shown: Collection[str]) -> Self:
        """Newer than an id, but for those of which the ends of their ids are given."""
        page = list_calls(access, PageRequest(limit=MAX_LIMIT), replace(filters.wanted, newer_than=newer_than))
        newer = [call for call in page.rows if _end(call) not in shown]
        return cls(call_rows(access, newer), page.after is not None, _follow_url(filters, page.rows))


def _follow_url(filters: ActivityFilters, calls: Sequence[Call]) -> str:
    """Where calls are asked for that are not among these. A long one is written behind others that began after it."""
    newer_than = ids.first_id("req", now() - _LONGEST_CALL)
    shown = ",".join(_end(call) for call in calls if call.id > newer_than)
    return url_for("portal.newer_activity", **filters.query, newer_than=newer_than, shown=shown or None)


def _end(call: Call) -> str:
    return call.id[-_END_LENGTH:]


def _requested() -> PageRequest:
    return requested_page(CURSOR_PARAM, "req")


def _part(access: Access, filters: ActivityFilters, page: Page[Call], has_previous: bool) -> ListPart[CallRow]:
    more = next_page(page, CURSOR_PARAM, "portal.activity", "portal.more_activity", anchor="calls", query=filters.query)
    return ListPart(call_rows(access, page.rows), more, has_previous)


def _choices(access: Access, filters: ActivityFilters) -> dict[str, str]:
    """What may be chosen, and what is chosen, also where it is revoked."""
    choices = list_credential_names(access)
    chosen = filters.wanted.credential_id
    if chosen and chosen not in choices:
        choices |= find_credential_names(access, {chosen})
    return choices


def _failed_uses(access: Access) -> list[FailedUse]:
    found = [_latest(access, code) for code in (_REVOKED, _MISTYPED)]
    calls = [call for call in found if call is not None]
    names = find_credential_names(access, {call.credential_id for call in calls})
    return [FailedUse(call, credential_name(names, call.credential_id)) for call in calls]


def _latest(access: Access, code: str) -> Call | None:
    page = list_calls(access, PageRequest(limit=1), CallFilter(code=code, refused=True))
    return page.rows[0] if page.rows else None


def _gap_words(began_at: datetime, ended_at: datetime) -> str:
    """“Some calls between 14:02 and 14:05 are missing here.” A gap of less than a minute ends in the next one."""
    ended_at = max(ended_at, began_at + timedelta(minutes=1))
    return f"Some calls between {_minute(began_at)} and {_minute(ended_at)} are missing here."


def _minute(at: datetime) -> str:
    clock = f"{local(at):%H:%M}"
    return clock if local(at).date() == today() else f"{short_date(at)}, {clock}"
