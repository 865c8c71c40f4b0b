"""The form that changes a key: as the key stands, as it was sent, and as the change that it asks for."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from msgspec import UNSET, UnsetType
from werkzeug.datastructures import MultiDict

from calmboard.access.access import Access
from calmboard.access.credentials.key_life.changes import KeyEdit
from calmboard.access.credentials.keys import Key
from calmboard.access.scopes import GRANTABLE, expand
from calmboard.errors import ValidationFailed
from calmboard.work.project_choice import MAX_SELECTED, Choices, find_projects, list_choices
from portal.keys.forms import PAST, errors_by_field, one_of, read_day, rights_of, rights_on
from portal.shared.session import current_access
from portal.shared.texts.zone import end_of, local
from web.project_choice import NO_SEARCH, ProjectSearch, read_search

_UNREADABLE = "This is no day. Write one such as 2026-12-31."


@dataclass(slots=True)
class EditForm:
    """What was entered; `networks` a line each, `is_sure` that some addresses may be shut out."""

    name: str
    note: str
    rights: dict[str, str]
    reach: str
    project_ids: frozenset[str]
    last_day: str
    networks: str
    window_limit: str
    search: ProjectSearch = NO_SEARCH
    is_sure: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def network_lines(self) -> tuple[str, ...]:
        return tuple(line for line in (text.strip() for text in self.networks.replace(",", "\n").splitlines()) if line)

    @property
    def window(self) -> int | None:
        """0 where it cannot be read, which is rejected with what is out of range."""
        text = self.window_limit
        if not text:
            return None
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def form_of(key: Key) -> EditForm:
    return EditForm(
        name=key.name,
        note=key.note or "",
        rights=rights_of(key.scopes),
        reach="all" if key.project_ids is None else "some",
        project_ids=key.project_ids or frozenset(),
        last_day=_last_day(key),
        networks="\n".join(key.networks or ()),
        window_limit=str(key.window_limit or ""),
    )


def read_edit(values: MultiDict[str, str], key: Key) -> EditForm:
    """The submitted form; what is missing in it or unknown stays as the key has it."""
    return EditForm(
        name=values.get("name", key.name)[:200],
        note=values.get("note", "")[:2000],
        rights={noun: one_of(rights_on(noun), values.get(noun), right) for noun, right in rights_of(key.scopes).items()},
        reach="all" if key.project_ids is None and values.get("reach") != "some" else "some",
        project_ids=frozenset(values.getlist("project_ids")[:MAX_SELECTED]),
        last_day=values.get("last_day", "").strip()[:20],
        networks=values.get("networks", "")[:5000],
        window_limit=values.get("window_limit", "").strip()[:20],
        search=read_search(values),
        is_sure="sure" in values,
    )


def edit_of(key: Key, form: EditForm) -> KeyEdit:
    grantable = frozenset(right for scope in GRANTABLE.values() for right in (scope.read, scope.write))
    chosen = expand(f"{noun}:{right}" for noun, right in form.rights.items() if right != "none")
    return KeyEdit(
        name=form.name,
        note=form.note,
        scopes=chosen | (key.scopes - grantable),
        project_ids=_projects(key, form),
        expires_at=_end(key, form),
        networks=form.network_lines,
        window_limit=form.window,
    )


def edit_errors(problem: ValidationFailed, form: EditForm) -> dict[str, str]:
    """The sentences for each field, by its id."""
    errors = errors_by_field(problem)
    if "last_day" in errors and form.last_day and read_day(form.last_day) is None:
        errors["last_day"] = _UNREADABLE
    return errors


def project_choices(key: Key, form: EditForm) -> Choices:
    """The key's own projects, or all of its owner's where it has no limit yet."""
    return list_choices(_within(key), form.project_ids, form.search.q, form.search.after)


def _within(key: Key) -> Access:
    return replace(current_access(), limited_to=key.project_ids)


def _projects(key: Key, form: EditForm) -> frozenset[str] | UnsetType | None:
    """The chosen ones; those that were left, and cannot be seen, stay where all others do."""
    if form.reach == "all":
        return UNSET
    visible = {row.id for row in find_projects(_within(key), key.project_ids or ())}
    return UNSET if key.project_ids is not None and form.project_ids in (visible, key.project_ids) else form.project_ids


def _end(key: Key, form: EditForm) -> datetime | UnsetType | None:
    if form.last_day == _last_day(key):
        return UNSET
    if not form.last_day:
        return None
    day = read_day(form.last_day)
    return PAST if day is None else end_of(day)


def _last_day(key: Key) -> str:
    return "" if key.expires_at is None else local(key.expires_at).date().isoformat()
