"""The words of the pages: times, dates, counts, names of browsers. Registered as template filters."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from calmboard.clock import now

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
    if at.date() == now().date():
        return plural(minutes // 60, "hour") + " ago"
    return "yesterday" if (now().date() - at.date()).days == 1 else short_date(at)


def short_date(at: datetime) -> str:
    """“21 Nov” in this year, “21 Nov 2025” in another."""
    return date(at).removesuffix(f" {now().year}")


def date(at: datetime) -> str:
    """“12 Feb 2027”, in UTC."""
    return f"{at.day} {at:%b %Y}"


def long_date(at: datetime) -> str:
    """“22 February 2027”, in UTC."""
    return f"{at.day} {at:%B %Y}"


def machine_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plural(number: int, singular: str, plural_form: str = "") -> str:
    """“1 task”, “1,204 tasks”."""
    return f"{number:,} {singular if number == 1 else plural_form or singular + 's'}"


def count(number: int) -> str:
    """Small numbers as words, larger ones as digits."""
    return _SMALL[number] if number < len(_SMALL) else f"{number:,}"


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


def _first(names: Iterable[tuple[str, str]], text: str, default: str) -> str:
    return next((name for token, name in names if token in text), default)


FILTERS = (ago, date, machine_time, capitalized_count, initials, agent, role_sentence)
