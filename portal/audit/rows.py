"""The rows of the audit log, and their parts and files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from calmboard.access.access import Access
from calmboard.access.audit_reading import find_member_names
from calmboard.db import AnyRow
from calmboard.pagination import Page, PageRequest
from portal.audit.sentences import what_was_done, who_did_it
from portal.shared.lists import ListPart, NextPage, page_or_first, requested_page
from portal.shared.texts.words import machine_time
from portal.shared.transport.exports import Row

CURSOR_PARAM = "audit_after"
COLUMNS = (
    *("id", "at", "sentence", "action", "subject_kind", "subject_id", "project_id", "actor_id", "actor_name", "source"),
    *("credential_id", "credential_name", "details"),
)

ReadEntries = Callable[[PageRequest], Page[AnyRow]]


@dataclass(frozen=True, slots=True)
class AuditRow:
    entry: AnyRow
    sentence: str
    who: str


def audit_part(access: Access, read: ReadEntries, more: Callable[[Page[AnyRow]], NextPage | None]) -> ListPart[AuditRow]:
    """The requested part, or else the first."""
    page, has_previous = page_or_first(read, requested_page(CURSOR_PARAM, "aud"))
    return ListPart(_rows(access, page.rows), more(page), has_previous)


def file_page(read: ReadEntries, page_request: PageRequest) -> Page[Row]:
    """The values of a file."""
    page = read(page_request)
    members = find_member_names(page.rows)
    return Page([_values(entry, what_was_done(entry, members)) for entry in page.rows], page.after)


def _rows(access: Access, entries: Sequence[AnyRow]) -> list[AuditRow]:
    members = find_member_names(entries)
    return [AuditRow(entry, what_was_done(entry, members), who_did_it(entry, access.user.id)) for entry in entries]


def _values(entry: AnyRow, sentence: str) -> dict[str, Any]:
    more = {"at": machine_time(entry.at), "sentence": sentence}
    return {name: more[name] if name in more else getattr(entry, name) for name in COLUMNS}
