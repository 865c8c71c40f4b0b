"""The page behind the last link of an invitation: no more of them at this address."""

from collections.abc import Callable
from functools import wraps

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from calmboard.errors import NotFound
from calmboard.events.stopped_addresses import allow_invitations, find_address, is_stopped, stop_invitations
from portal.shared.blueprint import bp

Answer = Response | str | tuple[str, int]


def _for_an_address(view: Callable[[str, str], Answer]) -> Callable[[str], Answer]:
    """Give a view the address that the link is for; a link that is not whole leads to a page that says so."""

    @wraps(view)
    def open_link(token: str) -> Answer:
        try:
            address = find_address(token)
        except NotFound:
            return render_template("account/invitations/dead_stop_link.html"), 404
        return view(token, address)

    return open_link


@bp.get("/invitations/stop/<token>")
@_for_an_address
def stop_page(token: str, address: str) -> Answer:
    """Changes nothing: programs that look for viruses open every link of a message."""
    return _page(token, address, is_stopped=is_stopped(address))


@bp.post("/invitations/stop/<token>")
@_for_an_address
def stop(token: str, address: str) -> Answer:
    """Answered at once, since the programs that send this form follow no redirect (RFC 8058, section 3.1)."""
    stop_invitations(address)
    return _page(token, address, is_stopped=True)


@bp.post("/invitations/stop/<token>/undo")
@_for_an_address
def allow(token: str, address: str) -> Answer:
    allow_invitations(address)
    flash(f"Invitations reach {address} again.")
    return redirect(url_for("portal.stop_page", token=token), 303)


def _page(token: str, address: str, *, is_stopped: bool) -> str:
    return render_template("account/invitations/stop.html", token=token, address=address, is_stopped=is_stopped)
