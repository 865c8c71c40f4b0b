"""The page after a key was created: its secret once, then the key's row; and the notice of its first request."""

from dataclasses import dataclass, replace

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from calmboard.access.credentials import keys
from calmboard.access.credentials.keys import Key
from portal.docs.recipes import recipes_for
from portal.keys.rows import key_rows
from portal.shared.blueprint import bp
from portal.shared.session import current_access
from portal.shared.submissions.showing import show_once_at, take_shown
from portal.shared.texts.words import machine_time
from web.origin import origin


@dataclass(frozen=True, slots=True)
class FirstRequest:
    """Two lines for a terminal, and what their answer shows."""

    lines: str
    hint: str


@bp.get("/integrations/keys/<key_id>/created")
def key_created(key_id: str) -> str:
    key = keys.find_key(current_access(), key_id)
    secret = take_shown()
    return _shown_page(key) if secret is None else _ready_page(key, secret)


@bp.get("/integrations/keys/<key_id>/first-use")
def first_use(key_id: str) -> str | Response:
    """The notice of the first request once the key was used, and of each further one; nothing until then."""
    key = keys.find_key(current_access(), key_id)
    if key.last_used_at is None or request.args.get("seen") == machine_time(key.last_used_at):
        return make_response("", 204)
    return render_template("keys/_first_use.html", key=key, replace_url=_copy_url(key))


def _ready_page(key: Key, secret: str) -> str:
    [row] = key_rows(current_access(), [key])
    return render_template(
        "keys/created.html",
        nav_section="integrations",
        key=key,
        secret=secret,
        recipes=recipes_for(key),
        first_request=_first_request(key, secret),
        replace_url=_copy_url(key),
        tie=row.tie,
    )


def _shown_page(key: Key) -> str:
    """The key as in the list, where its actions are."""
    [row] = key_rows(current_access(), [key])
    return render_template(
        "keys/shown.html",
        nav_section="integrations",
        row=replace(row, actions=()),
        replace_url=url_for("portal.replace_key", key_id=key.id),
    )


def show_key_once(key_id: str, secret: str) -> None:
    """Let the page of a new key show its secret, once that key is committed."""
    show_once_at(url_for("portal.key_created", key_id=key_id), secret)


def _copy_url(key: Key) -> str:
    """The form for a new key that may have other rights."""
    return url_for("portal.new_key", replaces=key.id)


def _first_request(key: Key, secret: str) -> FirstRequest:
    """Two lines that work as they are copied, for what the key may read."""
    path, hint = ("/projects", "The answer lists your projects.")
    if "projects:read" not in key.scopes:
        path, hint = ("/me", "The answer names the key, its rights and its limits.")
    address = f"{origin()}/api/v1{path}"
    lines = f'export CALMBOARD_API_KEY={secret}\ncurl -H "Authorization: Bearer $CALMBOARD_API_KEY" {address}'
    return FirstRequest(lines, hint)
