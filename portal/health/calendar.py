"""When keys expire, as a calendar that other programs read (RFC 5545)."""

from collections.abc import Iterator
from datetime import datetime

from flask import Response, url_for

from calmboard.access.credentials.key_life.health import list_expiries
from calmboard.access.credentials.keys import Key
from calmboard.clock import now
from calmboard.settings import current_settings
from portal.shared.blueprint import bp
from portal.shared.session import current_access

_MAX_OCTETS = 75


@bp.get("/integrations/keys/expiries.ics")
def key_expiries() -> Response:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//CalmBoard//Expiries of keys//EN"]
    for key in list_expiries(current_access()):
        lines += _event(key)
    text = "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR"))
    response = Response(text, content_type="text/calendar; charset=utf-8")
    name = 'attachment; filename="calmboard-key-expiries.ics"'
    response.headers.update({"Content-Disposition": name, "Cache-Control": "no-store"})
    return response


def _event(key: Key) -> Iterator[str]:
    settings = current_settings()
    title = _escaped(f"“{key.name}” expires (CalmBoard key …{key.last4})")
    yield "BEGIN:VEVENT"
    yield f"UID:{key.id}@{settings.host.partition(':')[0]}"
    yield f"DTSTAMP:{_utc(now())}"
    yield f"DTSTART:{_utc(key.expires_at or now())}"
    yield f"SUMMARY:{title}"
    yield f"URL:{settings.origin}{url_for('portal.key_page', key_id=key.id)}"
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P7D", f"DESCRIPTION:{title}", "END:VALARM")
    yield "END:VEVENT"


def _utc(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for character in ("\\", ";", ","):
        text = text.replace(character, f"\\{character}")
    return text.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 75 octets in a line; the rest stands in further ones, which begin with a space. No character is torn."""
    parts, octets = [""], 0
    for character in line:
        size = len(character.encode())
        if octets + size > _MAX_OCTETS:
            parts.append(" ")
            octets = 1
        parts[-1] += character
        octets += size
    return "\r\n".join(parts)
