"""The page of the log: its calls, further and newer ones, and all of them as a file."""

from dataclasses import fields
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard import ids
from calmboard.access.request_log.reading import Call, list_calls
from calmboard.errors import InvalidRequest
from calmboard.pagination import Page, PageRequest
from portal.activity.filters import ActivityFilters
from portal.activity.log import CURSOR_PARAM, ActivityLog, NewerCalls, next_calls
from portal.keys.pasted import pasted_key_sentence
from portal.shared.blueprint import UNCHANGED, bp, is_htmx
from portal.shared.session import current_access
from portal.shared.texts.words import machine_time
from portal.shared.transport.exports import MAX_ROWS, Row, export

_COLUMNS = [field.name for field in fields(Call)]


@bp.get("/integrations/activity")
def activity() -> ResponseReturnValue:
    filters = ActivityFilters.of(request.args)
    if sentence := pasted_key_sentence(current_access(), " ".join(request.args.values())):
        flash(sentence, UNCHANGED)
        return redirect(url_for("portal.activity", **filters.query), 303)
    log = ActivityLog.of(current_access(), filters)
    page = render_template("activity/page.html", nav_section="integrations", log=log, most_rows=MAX_ROWS)
    return page, 400 if filters.errors else 200


@bp.get("/integrations/activity/more")
def more_activity() -> str | Response:
    """The next calls, for htmx; without it, the page on which they come first."""
    filters = ActivityFilters.of(request.args)
    if is_htmx():
        return render_template("activity/_more.html", calls=next_calls(current_access(), filters))
    cursor: dict[str, Any] = {CURSOR_PARAM: request.args.get(CURSOR_PARAM)}
    return redirect(url_for("portal.activity", _anchor="calls", **filters.query, **cursor), 303)


@bp.get("/integrations/activity/newer")
def newer_activity() -> ResponseReturnValue:
    """The calls after one that the page shows, for htmx, where there are any; without it, the page as it is now."""
    filters, newer_than = ActivityFilters.of(request.args), request.args.get("newer_than", "")
    if not is_htmx():
        return redirect(url_for("portal.activity", **filters.query), 303)
    if not ids.is_id("req", newer_than):
        return make_response("", 204)
    calls = NewerCalls.of(current_access(), filters, newer_than, request.args.get("shown", "").split(","))
    return render_template("activity/_newer.html", calls=calls) if calls.rows else make_response("", 204)


@bp.get("/integrations/activity.<any(csv, jsonl):kind>")
def activity_file(kind: str) -> Response:
    """What the page would show, as a file."""
    filters, access = ActivityFilters.of(request.args), current_access()
    if filters.errors:
        raise InvalidRequest(" ".join(filters.errors.values()))

    def read(page_request: PageRequest) -> Page[Row]:
        page = list_calls(access, page_request, filters.wanted)
        return Page([_values(call) for call in page.rows], page.after)

    return export(kind, "calmboard-activity", _COLUMNS, read)


def _values(call: Call) -> Row:
    return {name: getattr(call, name) for name in _COLUMNS} | {"at": machine_time(call.at)}
