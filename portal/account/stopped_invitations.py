"""The page behind the last link of an invitation: no more of them at this address."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from calmboard.errors import NotFound
from calmboard.events.stopped_addresses import allow_invitations, find_address, is_stopped, stop_invitations
from portal.shared.blueprint import bp


@bp.get("/invitations/stop/<token>")
def stop_page(token: str) -> str | tuple[str, int]:
    """Changes nothing: programs that look for viruses open every link of a message."""
    try:
        address = find_address(token)
    except NotFound:
        return _dead_link()
    return _page(token, address, is_stopped=is_stopped(address))


@bp.post("/invitations/stop/<token>")
def stop(token: str) -> str | tuple[str, int]:
    """Answered at once, since the programs that send this form follow no redirect (RFC 8058, section 3.1)."""
    try:
        address = find_address(token)
    except NotFound:
        return _dead_link()
    stop_invitations(address)
    return _page(token, address, is_stopped=True)


@bp.post("/invitations/stop/<token>/undo")
def allow(token: str) -> Response | tuple[str, int]:
    try:
        address = find_address(token)
    except NotFound:
        return _dead_link()
    allow_invitations(address)
    flash(f"Invitations reach {address} again.")
    return redirect(url_for("portal.stop_page", token=token), 303)


def _page(token: str, address: str, *, is_stopped: bool) -> str:
    return render_template("account/invitations/stop.html", token=token, address=address, is_stopped=is_stopped)


def _dead_link() -> tuple[str, int]:
    return render_template("account/invitations/dead_stop_link.html"), 404
