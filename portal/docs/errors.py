"""The reference of errors, open to everybody: where an error's `type` leads."""

from flask import redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from calmboard.errors import PROBLEMS
from portal.shared.blueprint import bp


@bp.get("/")
def start() -> Response:
    return redirect(url_for("portal.integrations" if current_user.is_authenticated else "portal.sign_in"), 303)


@bp.get("/docs/errors")
def errors_reference() -> str:
    problems = sorted(PROBLEMS.values(), key=lambda problem: (problem.status, problem.code))
    return render_template("docs/errors_reference.html", problems=problems)
