"""The form for a new key: read, filled in for a tool, turned into what the ground floor takes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from werkzeug.datastructures import MultiDict

from calmboard.access.credentials.keys import NewKey
from calmboard.access.integrations import find_integration
from calmboard.access.scopes import GRANTABLE, READ_ONLY, expand
from calmboard.db import now
from calmboard.errors import ValidationFailed
from calmboard.work.project_choice import MOST_TICKS
from portal.shared.words import long_date

LIFETIMES = (
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "1 year"),
    ("date", "Until a date"),
    ("never", "No end"),
)
DEFAULT_LIFETIME = "90"

_RIGHTS = ("none", "read", "write")
_FROM_TOP = ("integration", "name", "rights", "project_ids", "last_day")
_FIELD_OF = {"scopes": "rights", "expires_at": "last_day"}
_PAST = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class KeyForm:
    """What stands in the form. `rights` is none, read or write for each noun; `reach` is all or some."""

    integration: str = ""
    name: str = ""
    rights: dict[str, str] = field(default_factory=lambda: dict.fromkeys(GRANTABLE, "none"))
    reach: str = "all"
    project_ids: frozenset[str] = frozenset()
    lifetime: str = DEFAULT_LIFETIME
    last_day: str = ""

    @property
    def scopes(self) -> frozenset[str]:
        return expand(f"{noun}:{right}" for noun, right in self.rights.items() if right != "none")

    @property
    def chosen_projects(self) -> frozenset[str] | None:
        return None if self.reach == "all" else self.project_ids

    def new_key(self) -> NewKey:
        return NewKey(self.name, self.integration, self.scopes, self.chosen_projects, _expires_at(self))


def read_form(sent: MultiDict[str, str]) -> KeyForm:
    """The form as it was sent; what is missing or unknown is taken as not chosen."""
    return KeyForm(
        integration=sent.get("integration", ""),
        name=sent.get("name", "")[:200],
        rights={noun: _one_of(rights_on(noun), sent.get(noun), "none") for noun in GRANTABLE},
        reach=_one_of(("all", "some"), sent.get("reach"), "all"),
        project_ids=frozenset(sent.getlist("project_ids")[:MOST_TICKS]),
        lifetime=_one_of([slug for slug, _ in LIFETIMES], sent.get("lifetime"), DEFAULT_LIFETIME),
        last_day=sent.get("last_day", "")[:20],
    )


def prefilled_form(address: MultiDict[str, str]) -> KeyForm:
    """The form as a link fills it in: `integration`, `name`, `scopes` with commas, `expires` in days or never."""
    form = KeyForm(integration=address.get("integration", ""), name=address.get("name", "")[:80])
    scopes = address.get("scopes")
    form.rights = rights_of(frozenset(scopes.split(","))) if scopes else rights_for(form.integration)
    form.lifetime = _one_of([slug for slug, _ in LIFETIMES if slug != "date"], address.get("expires"), DEFAULT_LIFETIME)
    return form


def rights_for(integration: str) -> dict[str, str]:
    """The rights a tool needs; none of them where no tool is chosen."""
    tool = find_integration(integration)
    return rights_of(tool.scopes if tool else frozenset())


def rights_of(scopes: frozenset[str]) -> dict[str, str]:
    return {
        noun: next((right for right in reversed(rights_on(noun)[1:]) if f"{noun}:{right}" in scopes), "none")
        for noun in GRANTABLE
    }


def rights_on(noun: str) -> tuple[str, ...]:
    """What can be chosen for a noun, from least to most."""
    return _RIGHTS[:-1] if noun in READ_ONLY else _RIGHTS


def ends_of_lifetimes() -> dict[str, str]:
    """The last day of each lifetime that is chosen by its length; empty for no end."""
    days = (slug for slug, _ in LIFETIMES if slug.isdigit())
    return {slug: long_date(now() + timedelta(days=int(slug))) for slug in days} | {"never": ""}


def faults_of(problem: ValidationFailed) -> dict[str, str]:
    """The sentence for each faulty field, by the id of the field."""
    names = ((fault.pointer.lstrip("/").partition("/")[0], fault.detail) for fault in problem.errors)
    return {_FIELD_OF.get(name, name): detail for name, detail in names}


def key_faults_of(problem: ValidationFailed, form: KeyForm) -> dict[str, str]:
    """The same for a new key, from the top of the form down; its end is typed as a day."""
    faults = faults_of(problem)
    if "last_day" in faults:
        faults["last_day"] = _last_day_sentence(form.last_day)
    return {field: faults[field] for field in (*_FROM_TOP, *faults) if field in faults}


def _one_of(allowed: list[str] | tuple[str, ...], text: str | None, otherwise: str) -> str:
    return text if text is not None and text in allowed else otherwise


def _expires_at(form: KeyForm) -> datetime | None:
    if form.lifetime == "never":
        return None
    if form.lifetime != "date":
        return now() + timedelta(days=int(form.lifetime))
    day = _day(form.last_day)
    if day is None or day <= now().date():
        return _PAST  # the ground floor refuses it, together with everything else that is wrong
    return datetime.combine(day, time(23, 59, 59), UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _last_day_sentence(text: str) -> str:
    day, today = _day(text), now().date()
    tomorrow = long_date(now() + timedelta(days=1))
    if day is None:
        return f"Choose the last day of the key, {tomorrow} or later."
    return f"That is today. Choose {tomorrow} or later." if day == today else f"That day is over. Choose {tomorrow} or later."
