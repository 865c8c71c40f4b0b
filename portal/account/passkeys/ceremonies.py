"""What a passkey is asked for on our pages: bound to this browser, and to the host that the page stands at."""

from typing import Literal
from urllib.parse import urlsplit

from flask import session
from flask_login import current_user

from calmboard.access.credentials.passkeys.challenges import Ceremony
from calmboard.settings import current_settings
from web.origin import page_origins


def passkey_host() -> str:
    """What passkeys are bound to: the host of ORIGIN. Browsers bind none to an address in numbers, which development has."""
    host = urlsplit(current_settings().origin).hostname or ""
    return "localhost" if current_settings().is_development else host


def ceremony(purpose: Literal["add", "sign in", "second factor"]) -> Ceremony:
    """In a view that has checked the form's token, which is that of this browser."""
    browser = current_user.session.id if current_user.is_authenticated else session["csrf_token"]
    return Ceremony(purpose, str(browser), passkey_host(), tuple(page_origins()))
