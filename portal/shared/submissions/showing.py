"""What a page shows once: kept by the view that a form is sent to, taken by the page that it leads to."""

from flask import request
from flask_login import current_user

from calmboard.access.credentials.waiting_secrets import ShowingPage, keep_secret, show_again, take_secret


def show_once_at(path: str, secret: str) -> None:
    """Let the page at this path show a secret once, to this session; it is written with the next commit."""
    keep_secret(_page_at(path), secret)


def take_shown() -> str | None:
    """The secret that waits for this page. HEAD takes none, since nobody would see it."""
    return None if request.method == "HEAD" else take_secret(_page_at(request.path))


def show_again_at(path: str) -> None:
    """Let the page show its secret once more, to a browser that threw it away by sending the form twice."""
    show_again(_page_at(path))


def _page_at(path: str) -> ShowingPage:
    return ShowingPage(current_user.session.id, current_user.token, path)
