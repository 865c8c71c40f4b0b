"""The form for a new key: parsed, prefilled for a tool, converted to a `NewKey`."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from werkzeug.datastructures import MultiDict

from calmboard.access.credentials.keys import NewKey
from calmboard.access.providers import find_provider
from calmboard.access.scopes import GRANTABLE, expand
from calmboard.clock import now
from calmboard.errors import ValidationFailed
from calmboard.work.project_choice import MAX_SELECTED
from portal.shared.texts.words import long_date
from portal.shared.texts.zone import end_of, today
from web.project_choice import NO_SEARCH, ProjectSearch, read_search

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
_FORM_ORDER = ("integration", "project_ids", "name", "rights", "last_day")
_FIELD_OF = {"scopes": "rights", "expires_at": "last_day"}
PAST = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class KeyForm:
    """The values of the form. `rights` is none, read or write for each noun; `reach` is all or some.

    `preset` is the tool whose rights were filled in last.
    """

    integration: str = ""
    preset: str = ""
    name: str = ""
    rights: dict[str, str] = field(default_factory=lambda: dict.fromkeys(GRANTABLE, "none"))
    reach: str = "all"
    project_ids: frozenset[str] = frozenset()
    lifetime: str = DEFAULT_LIFETIME
    last_day: str = ""
    search: ProjectSearch = NO_SEARCH

    @property
    def scopes(self) -> frozenset[str]:
        return expand(f"{noun}:{right}" for noun, right in self.rights.items() if right != "none")

    @property
    def is_own_choice(self) -> bool:
        """Whether the rights were chosen by hand."""
        return self.rights not in (rights_for(self.preset), rights_for(""))

    def fill_in_preset(self) -> None:
        """The rights that the chosen tool needs."""
        self.preset, self.rights = self.integration, rights_for(self.integration)

    @property
    def chosen_projects(self) -> frozenset[str] | None:
        return None if self.reach == "all" else self.project_ids

    def new_key(self) -> NewKey:
        return NewKey(self.name, self.integration, self.scopes, self.chosen_projects, _expires_at(self))


def read_form(values: MultiDict[str, str]) -> KeyForm:
    """The submitted form; missing or unknown values become the defaults."""
    return KeyForm(
        integration=values.get("integration", ""),
        preset=values.get("preset", ""),
        name=values.get("name", "")[:200],
        rights={noun: one_of(rights_on(noun), values.get(noun), "none") for noun in GRANTABLE},
        reach=one_of(("all", "some"), values.get("reach"), "all"),
        project_ids=frozenset(values.getlist("project_ids")[:MAX_SELECTED]),
        lifetime=one_of([slug for slug, _ in LIFETIMES], values.get("lifetime"), DEFAULT_LIFETIME),
        last_day=values.get("last_day", "")[:20],
        search=read_search(values),
    )


def rights_for(integration: str) -> dict[str, str]:
    """The rights a tool needs; none of them where no tool is chosen."""
    tool = find_provider(integration)
    return rights_of(tool.scopes if tool else frozenset())


def rights_of(scopes: frozenset[str]) -> dict[str, str]:
    return {
        noun: next((right for right in reversed(rights_on(noun)[1:]) if f"{noun}:{right}" in scopes), "none")
        for noun in GRANTABLE
    }


def rights_on(noun: str) -> tuple[str, ...]:
    """What can be chosen for a noun, from least to most."""
    return _RIGHTS if GRANTABLE[noun].writes else _RIGHTS[:-1]


def lifetime_end_dates() -> dict[str, str]:
    """The last day of each lifetime that is chosen by its length; empty for no end."""
    days = (slug for slug, _ in LIFETIMES if slug.isdigit())
    return {slug: long_date(now() + timedelta(days=int(slug))) for slug in days} | {"never": ""}


def errors_by_field(problem: ValidationFailed) -> dict[str, str]:
    """The sentence for each invalid field, by the id of the field."""
    names = ((error.pointer.lstrip("/").partition("/")[0], error.detail) for error in problem.errors)
    return {_FIELD_OF.get(name, name): detail for name, detail in names}


def key_errors_by_field(problem: ValidationFailed, form: KeyForm) -> dict[str, str]:
    """The same for a new key, from the top of the form down; its expiry is entered as a day."""
    errors = errors_by_field(problem)
    if "last_day" in errors:
        errors["last_day"] = _last_day_sentence(form.last_day)
    return {field: errors[field] for field in (*_FORM_ORDER, *errors) if field in errors}


def one_of(allowed: list[str] | tuple[str, ...], text: str | None, default: str) -> str:
    return text if text is not None and text in allowed else default


def _expires_at(form: KeyForm) -> datetime | None:
    if form.lifetime == "never":
        return None
    if form.lifetime != "date":
        return now() + timedelta(days=int(form.lifetime))
    day = read_day(form.last_day)
    if day is None or day <= today():
        return PAST  # `create_key` rejects it, together with all other errors
    return end_of(day)


def read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _last_day_sentence(text: str) -> str:
    day = read_day(text)
    tomorrow = long_date(today() + timedelta(days=1))
    if day is None:
        return f"Choose the last day of the key, {tomorrow} or later."
    return f"That is today. Choose {tomorrow} or later." if day == today() else f"That day is over. Choose {tomorrow} or later."
