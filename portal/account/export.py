"""All that an account holds, as one file."""

from flask import Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from calmboard.clock import now
from calmboard.errors import ValidationFailed
from calmboard.work.account.export import begin_export
from portal.account.proof import proven
from portal.keys.forms import errors_by_field
from portal.shared.blueprint import bp
from portal.shared.form_limits import ATTEMPT_LIMITS, limiter, person_or_network
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by


@bp.get("/account/export")
def export_page() -> str:
    return _page()


def _refill(_fields: Fields) -> str:
    return _page()


@bp.post("/account/export")
@limiter.limit(ATTEMPT_LIMITS, key_func=person_or_network)
@refilled_by(_refill)
@proven
def download_data() -> ResponseReturnValue:
    try:
        pieces = begin_export(current_access(), request.form.get("current_password", ""))
    except ValidationFailed as problem:
        return _page(errors_by_field(problem)), 422
    response = Response(stream_with_context(pieces), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="calmboard-{now():%Y-%m-%d}.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(errors: dict[str, str] | None = None) -> str:
    return render_template("account/export.html", errors=errors or {})
