"""The audit log of a person: what was done to their keys, apps, sessions and memberships."""

from functools import partial
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard.access.audit_reading import list_own_entries
from calmboard.errors import InvalidRequest
from calmboard.pagination import Page
from calmboard.work.projects import list_administered
from portal.audit.filters import AuditFilters
from portal.audit.rows import COLUMNS, CURSOR_PARAM, audit_part, file_page
from portal.shared.blueprint import bp, is_htmx
from portal.shared.lists import NextPage, next_page
from portal.shared.session import current_access
from portal.shared.transport.exports import MAX_ROWS, export

_MOST_PROJECTS = 100


@bp.get("/account/audit")
def audit_log() -> ResponseReturnValue:
    """The log; to htmx, which shows more of it, the requested part alone."""
    access, filters = current_access(), AuditFilters.of(request.args)

    def more(page: Page[Any]) -> NextPage | None:
        return next_page(page, CURSOR_PARAM, "portal.audit_log", "portal.audit_log", "entries", filters.query)

    entries = audit_part(access, partial(list_own_entries, access, wanted=filters.wanted), more)
    if is_htmx():
        return render_template("audit/_more.html", entries=entries)
    administered = list_administered(access, _MOST_PROJECTS)
    page = render_template("audit/page.html", filters=filters, entries=entries, projects=administered, most_rows=MAX_ROWS)
    return page, 400 if filters.errors else 200


@bp.get("/account/audit.<any(csv, jsonl):kind>")
def audit_file(kind: str) -> Response:
    access, filters = current_access(), AuditFilters.of(request.args)
    if filters.errors:
        raise InvalidRequest(" ".join(filters.errors.values()))
    read = partial(list_own_entries, access, wanted=filters.wanted)
    return export(kind, "calmboard-audit-log", COLUMNS, partial(file_page, read))
