"""The words of the pages: times, dates, counts, names of browsers. Registered as template filters."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from datetime import date as Day  # noqa: N812 -- a filter of ours is called date

from markupsafe import Markup

from calmboard.clock import now
from portal.shared.texts.zone import local, today, zone_name

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_ROLES = {
    "owner": "You are the owner here",
    "admin": "You are an admin here",
    "member": "You are a member here",
    "viewer": "You can only read here, so the key could only read too",
}


def ago(at: datetime) -> str:
    """“3 minutes ago” within the day, “yesterday” the day after, then a date."""
    minutes = int((now() - at).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return plural(minutes, "minute") + " ago"
    days = (today() - local(at).date()).days
    if days == 0:
        return plural(minutes // 60, "hour") + " ago"
    return "yesterday" if days == 1 else short_date(at)


def short_date(at: datetime) -> str:
    """“21 Nov” in this year, “21 Nov 2025” in another."""
    return date(at).removesuffix(f" {today().year}")


def date(at: Day | datetime) -> str:
    """“12 Feb 2027”, as the reader's clock shows it."""
    day = _day_of(at)
    return f"{day.day} {day:%b %Y}"


def long_date(at: Day | datetime) -> str:
    """“22 February 2027”, as the reader's clock shows it."""
    day = _day_of(at)
    return f"{day.day} {day:%B %Y}"


def exact_time(at: datetime) -> str:
    """“12 Feb 2027, 23:59 (Europe/Berlin)”."""
    return f"{date(at)}, {local(at):%H:%M} ({zone_name()})"


def time_tag(at: datetime, words: str) -> Markup:
    """A time in words; and exactly, for who points at it, and where the style sheet shows what is missing in the words."""
    exact = exact_time(at)
    missing = exact.removeprefix(words) if exact.startswith(words) else f", {exact}"
    return Markup('<time datetime="%s" title="%s" data-exact="%s">%s</time>') % (machine_time(at), exact, missing, words)


def clock_time(at: datetime) -> str:
    """“23:59:07”."""
    return f"{local(at):%H:%M:%S}"


def call_time(at: datetime) -> str:
    """“23:59:07” today, “21 Nov, 23:59:07” before."""
    return clock_time(at) if local(at).date() == today() else f"{short_date(at)}, {clock_time(at)}"


def machine_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plural(number: int, singular: str, plural_form: str = "") -> str:
    """“1 task”, “1,204 tasks”."""
    return f"{thousands(number)} {singular if number == 1 else plural_form or singular + 's'}"


def thousands(number: int) -> str:
    """“1,204”."""
    return f"{number:,}"


def count(number: int) -> str:
    """Small numbers as words, larger ones as digits."""
    return _SMALL[number] if number < len(_SMALL) else thousands(number)


def capitalized_count(number: int, singular: str, plural_form: str) -> str:
    """The start of a sentence: “Two revoked keys”."""
    return f"{count(number).capitalize()} {singular if number == 1 else plural_form}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """“a”, “a and b”, “a, b and c”."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def monogram(name: str) -> str:
    """What stands for a name in a tile: its initials, or the first two letters of a single word."""
    name = "".join(character for character in name if character.isprintable())
    return initials(name) if " " in name else name[:2].capitalize()


def agent(text: str | None) -> str:
    """A browser as “Firefox on Linux”, a program by the first word it calls itself."""
    if not text:
        return "An unnamed program"
    if not text.startswith("Mozilla/"):
        return re.split(r"/|\s*\(", text, maxsplit=1)[0][:40] or "An unnamed program"
    browser, system = _first(_BROWSERS, text, "A browser"), _first(_SYSTEMS, text, "")
    return f"{browser} on {system}" if system else browser


def role_sentence(role: str) -> str:
    return _ROLES[role]


def _day_of(at: Day | datetime) -> Day:
    return local(at).date() if isinstance(at, datetime) else at


def _first(names: Iterable[tuple[str, str]], text: str, default: str) -> str:
    return next((name for token, name in names if token in text), default)


FILTERS = (
    ago,
    date,
    clock_time,
    call_time,
    machine_time,
    exact_time,
    time_tag,
    plural,
    thousands,
    capitalized_count,
    initials,
    agent,
    role_sentence,
)
