"""Where a secret of ours lies that should not: how it is known, how it is reported, and whom to write to (RFC 9116)."""

from datetime import datetime, time, timedelta

from flask import Response, render_template, url_for

from calmboard.access.credentials.key_life.leaks import MAX_SECRETS, REPORT_LIMIT
from calmboard.clock import now
from calmboard.settings import current_settings
from portal.shared.blueprint import bp
from portal.shared.texts.words import machine_time

# Half of the year that it may be good for: whoever keeps it for long still has a good one.
_GOOD_FOR = timedelta(days=180)

# What it is, and what a report of it does.
KINDS = {
    "cbk_": ("an API key", "It is revoked."),
    "cbo_": ("an access token of an application", "The connection ends."),
    "cbr_": ("its refresh token", "The connection ends."),
    "cbs_": ("a session token, good for an hour", "It ends."),
    "cbc_": ("an authorization code, good for a minute and once", "Nothing: it is over by itself."),
    "cbm_": (
        "what an application changes its own registration with",
        "Nothing: it opens no account, and its owner is not known here.",
    ),
}
CHECK = """import re
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def is_calmboard_secret(text):
    if not re.fullmatch(r"cb[ckmors]_[0-9A-Za-z]{36}", text):
        return False
    number, checksum = zlib.crc32(text[:-6].encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        checksum = ALPHABET[digit] + checksum
    return text[-6:] == checksum"""


@bp.get("/docs/leaks")
def leaks() -> str:
    return render_template(
        "leaks/page.html",
        nav_section="leaks",
        kinds=KINDS,
        check=CHECK,
        max_secrets=MAX_SECRETS,
        report_limit=REPORT_LIMIT,
        contact=current_settings().security_contact,
    )


@bp.get("/.well-known/security.txt")
def security_text() -> Response:
    settings = current_settings()
    policy = settings.origin + url_for("portal.leaks")
    lines = {
        "Contact": settings.security_contact or policy,
        "Expires": machine_time(datetime.combine(now() + _GOOD_FOR, time(), now().tzinfo)),
        "Canonical": settings.origin + url_for("portal.security_text"),
        "Preferred-Languages": "en",
        "Policy": policy,
    }
    text = "".join(f"{name}: {value}\n" for name, value in lines.items())
    return Response(text, content_type="text/plain; charset=utf-8")
