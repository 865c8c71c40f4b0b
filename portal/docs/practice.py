"""Making the practice board: one click, and back to the page that offered it."""

import re

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from calmboard.work.practice.board import BOARD_NAME, PROJECT_NAME, make_practice
from portal.shared.blueprint import bp
from portal.shared.session import current_access

# The pages that offer it.
_OFFERED_ON = re.compile(
    r"/(integrations(/keys/key_[0-9a-z]{26}/recipe)?|docs/(api/[a-z0-9-]+|api|recipes)/[a-z0-9-]+)(#[a-z-]+)?"
)


@bp.post("/integrations/practice")
def make_practice_board() -> Response:
    make_practice(current_access())
    flash(f"{BOARD_NAME} is ready, in the project {PROJECT_NAME}.")
    path = request.form.get("next", "")
    return redirect(path if _OFFERED_ON.fullmatch(path) else url_for("portal.integrations", _anchor="examples"), 303)
