"""The key list: searched, filtered and sorted, further parts of it, and what is done with several keys at once."""

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from calmboard.access.credentials import keys
from calmboard.access.credentials.key_lists import KeyGroup
from calmboard.access.credentials.keys import REASONS, Key, KeyChange
from calmboard.access.secret_format import find_secret
from calmboard.clock import now
from calmboard.errors import Forbidden, NotFound
from portal.agents.rows import connected_agents
from portal.keys.filters import KeyFilters
from portal.keys.pasted import pasted_key_sentence
from portal.keys.rows import QUIET
from portal.keys.section import CURSOR_PARAMS, KeysSection, next_keys
from portal.shared.blueprint import UNCHANGED, bp, is_htmx, page_with, redirect_to_part, take_noted_part
from portal.shared.session import current_access
from portal.shared.submissions.kept import Fields, refilled_by
from portal.shared.texts.words import capitalized_count, listed, plural

_MOST_AT_ONCE = 100
_MOST_NAMES = 3
_FOLDED: dict[str, KeyGroup] = {"expired": "expired", "revoked": "revoked"}


@bp.get("/integrations/keys")
def key_list() -> ResponseReturnValue:
    """The keys alone, as the address asks for them."""
    if is_htmx() or find_secret(request.args.get("q", "")):
        return show_found(request.args)
    section = KeysSection.of(current_access())
    return render_template("keys/list.html", nav_section="integrations", section=section, noted_at=take_noted_part())


def _refill_search(fields: Fields) -> Response:
    return show_found(fields)


@bp.post("/integrations/keys/search")
@refilled_by(_refill_search)
def search_keys() -> Response:
    """The keys that are searched. A form asks for them, since what is pasted may be a secret, which no address may hold."""
    return show_found(request.form)


def show_found(values: Fields) -> Response:
    """The list, to htmx, which shows its address; without it, the page of that address."""
    filters, access = KeyFilters.of(values), current_access()
    pasted = pasted_key_sentence(access, values.get("q", ""))
    if not is_htmx():
        if pasted:
            flash(pasted, UNCHANGED)
        return redirect_to_part("keys", **filters.query)
    section = KeysSection.of(access, filters)
    response = make_response(render_template("keys/_list.html", section=section, is_found=True, pasted=pasted))
    response.headers["HX-Replace-Url"] = url_for(page_with("keys"), **filters.query)
    return response


@bp.get("/integrations/keys/more")
def more_keys() -> str | Response:
    """The next keys, for htmx; without it, the page on which they come first."""
    if is_htmx():
        group = _FOLDED.get(request.args.get("group", ""), "in_use")
        return render_template("keys/_more.html", keys=next_keys(current_access(), group), group=group)
    query: dict[str, Any] = {name: request.args.get(name) for name in ("group", *CURSOR_PARAMS)}
    return redirect(url_for(page_with("keys"), _anchor="keys", **KeyFilters.of(request.args).query, **query), 303)


@bp.post("/integrations/keys/selection/pause")
def pause_selection() -> Response:
    chosen = _chosen_keys()
    changes = [keys.pause_key(current_access(), key.id) for key in chosen if key.status(now()) == "active"]
    return _changed(_sentence(changes, len(chosen), "paused", "api_key_paused"))


@bp.post("/integrations/keys/selection/question")
def ask_before_revoking() -> Response:
    chosen = _chosen_keys()
    return _question(chosen) if chosen else _changed("")


@bp.post("/integrations/keys/selection/revoke")
def revoke_selection() -> Response:
    chosen, reason = _chosen_keys(), request.form.get("reason") or None
    if "sure" not in request.form:
        return _question(chosen, reason or "", "Tick the box to revoke the keys. Nothing was changed.")
    changes = [keys.revoke_key(current_access(), key.id, reason) for key in chosen]
    return _changed(_sentence(changes, len(chosen), "revoked", "api_key_revoked"))


def _chosen_keys() -> list[Key]:
    """The reader's keys among those that were sent, in that order."""
    found = []
    for key_id in dict.fromkeys(request.form.getlist("keys")[:_MOST_AT_ONCE]):
        try:
            found.append(keys.find_key(current_access(), key_id))
        except (NotFound, Forbidden):
            continue
    return found


def _sentence(changes: list[KeyChange], number_chosen: int, word: str, code: str) -> str:
    """“Four keys are paused. Their requests get api_key_paused.”, and how many were left as they are; empty where all were."""
    number_done = sum(change.is_done for change in changes)
    left = number_chosen - number_done
    rest = f" {capitalized_count(left, 'other was', 'others were')} left as they are." if left else ""
    if not number_done:
        return ""
    whose = "Its" if number_done == 1 else "Their"
    return f"{capitalized_count(number_done, 'key is', 'keys are')} {word}. {whose} requests get {code}.{rest}"


def _question(chosen: list[Key], reason: str = "", error: str = "") -> Response:
    names = [f"“{key.name}”" for key in chosen[:_MOST_NAMES]]
    if len(chosen) > _MOST_NAMES:
        names.append(plural(len(chosen) - _MOST_NAMES, "other"))
    in_use = [key for key in chosen if key.last_used_at is not None and key.last_used_at > now() - QUIET]
    page = render_template(
        "keys/_revoke_selection.html" if is_htmx() else "keys/revoke_selection.html",
        nav_section="integrations",
        in_dialog=is_htmx(),
        chosen=chosen,
        number=plural(len(chosen), "key"),
        names=listed(names),
        in_use=in_use,
        filters=KeyFilters.of(request.form),
        reasons=REASONS,
        reason=reason,
        error=error,
    )
    response = make_response(page, 422 if error else 200)
    if error:
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#dialog", "innerHTML"
    return response


def _changed(change: str) -> Response:
    """The list as it is now, and what changed announced, if anything; without htmx the page with a note."""
    filters, access = KeyFilters.of(request.form), current_access()
    sentence = change or "None of these keys was changed: what was asked for is so already, or cannot be."
    if not is_htmx():
        flash(sentence, "message" if change else UNCHANGED)
        return redirect_to_part("keys", **filters.query)
    section, agents = KeysSection.of(access, filters), connected_agents(access)
    response = make_response(render_template("keys/_changed_list.html", section=section, agents=agents, sentence=sentence))
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#keys", "outerHTML"
    return response
