"""Replacing a key: the question how long the old one goes on, its successor, and the time in which both work."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard.access.credentials.key_life.rotation import OVERLAPS, extend_overlap, plan_successor
from calmboard.access.credentials.key_life.rotation import replace_key as replace
from calmboard.access.credentials.keys import Key, find_key
from calmboard.access.plans import PLANS
from calmboard.clock import now
from calmboard.errors import Conflict, ValidationFailed
from portal.account.proof import proven
from portal.keys.created import show_key_once
from portal.keys.rows import names_in, projects_of, rights_of, use_of
from portal.shared.blueprint import UNCHANGED, bp, is_htmx, redirect_to, redirect_to_part
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.submissions.once import created_once
from portal.shared.submissions.showing import show_again_at
from portal.shared.texts.words import date, exact_time, plural

_ENDS = {"now": "Now", "1h": "In 1 hour", "24h": "In 24 hours", "7d": "In 7 days"}
_DEFAULT = "24h"


@bp.get("/integrations/keys/<key_id>/replace")
def replace_page(key_id: str) -> ResponseReturnValue:
    return _question(find_key(current_access(), key_id), _DEFAULT)


def _refill(fields: Fields, key_id: str) -> ResponseReturnValue:
    return _question(find_key(current_access(), key_id), fields.get("overlap", _DEFAULT))


@bp.post("/integrations/keys/<key_id>/replace")
@refilled_by(_refill)
@proven
@created_once(again=show_again_at)
def replace_key(key_id: str) -> ResponseReturnValue:
    """The successor's secret waits for the page that the answer leads to; of two requests at once one makes a successor."""
    access, overlap = current_access(), request.form.get("overlap", "")
    key = find_key(access, key_id)
    if not PLANS[access.user.plan].includes_apis:
        return _question(key, overlap)
    try:
        successor, _ = replace(access, key_id, overlap, before_commit=show_key_once)
    except ValidationFailed as problem:
        return _question(key, _DEFAULT, problem.errors[0].detail)
    except Conflict as problem:
        return _instead(find_key(access, key_id), problem.detail)
    return redirect(url_for("portal.key_created", key_id=successor.id), 303)


@bp.post("/integrations/keys/<key_id>/extend")
@created_once()
def extend_key(key_id: str) -> ResponseReturnValue:
    change = extend_overlap(current_access(), key_id)
    key, until = change.key, change.key.expires_at
    if change.is_done and until:
        flash(f"The old key cbk_…{key.last4} works until {exact_time(until)}.")
    else:
        flash(f"The old key cbk_…{key.last4} was left as it is: its time cannot be made longer.", UNCHANGED)
    return redirect(url_for("portal.key_page", key_id=key.successor_id or key.id), 303)


def _question(key: Key, overlap: str, error: str = "") -> Response:
    access = current_access()
    if not PLANS[access.user.plan].includes_apis:
        flash(f"Keys are replaced on a paid plan, and yours is {PLANS[access.user.plan].name}.", UNCHANGED)
        return redirect_to_part("keys") if not is_htmx() else redirect_to(url_for("portal.key_page", key_id=key.id))
    if key.successor_id or key.status(now()) in ("revoked", "expired"):
        return _instead(key)
    try:
        carried = _carried_over(key)
    except Conflict as problem:
        return _instead(key, problem.detail)
    page = render_template(
        "keys/life/_replace.html" if is_htmx() else "keys/life/replace.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        key=key,
        use=use_of(key),
        carried=carried,
        ends={slug: label for slug, label in _ENDS.items() if slug in OVERLAPS},
        overlap=overlap if overlap in OVERLAPS else _DEFAULT,
        error=error,
    )
    return make_response(page, 422 if error else 200)


def _instead(key: Key, sentence: str = "") -> Response:
    """To the key that is there already, or to this one where it cannot be replaced, with the reason."""
    there = key.successor_id or key.id
    if key.successor_id:
        flash(f"“{key.name}” was replaced already. This is the key that took its place.", UNCHANGED)
    else:
        flash(sentence or f"“{key.name}” does not work any more. Copy its settings into a new key.", UNCHANGED)
    return redirect_to(url_for("portal.key_page", key_id=there))


def _carried_over(key: Key) -> dict[str, str]:
    """What the successor has of the key, in words."""
    access = current_access()
    new = plan_successor(access, key)
    lost = len(key.project_ids or ()) - len(new.project_ids or ())
    without = f", without {plural(lost, 'project')} that you left" if lost else ""
    facts = {"Name": key.name, "Rights": rights_of(new.scopes)}
    facts["Projects"] = projects_of(key, names_in(access, [key])) + without
    facts["Ends"] = date(new.expires_at) if new.expires_at else "No end"
    if key.networks:
        facts["Networks"] = ", ".join(key.networks)
    if key.window_limit:
        facts["Own window"] = plural(key.window_limit, "request")
    return facts
