"""Which entries of the audit log are shown, as the address says; what cannot be meant is named, and left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from werkzeug.datastructures import MultiDict

from calmboard.access.audit_reading import AuditFilter
from portal.audit.sentences import KINDS, SOURCES
from portal.shared.texts.moments import field_moment, read_moment

_TIME = "Give a day and a time, such as 2026-11-30T14:05."
_MAX_TEXT = 40


@dataclass(frozen=True)
class AuditFilters:
    """`values` as they were given, `wanted` what they mean, `errors` by the field that means nothing."""

    values: Mapping[str, str]
    wanted: AuditFilter
    errors: Mapping[str, str]

    @classmethod
    def of(cls, args: MultiDict[str, str]) -> Self:
        names = ("about", "source", "since", "until")
        values = {name: text for name in names if (text := args.get(name, "").strip()[:_MAX_TEXT])}
        since, until = (read_moment(values.get(name, "")) for name in ("since", "until"))
        errors: dict[str, str] = {
            name: _TIME for name, at in (("since", since), ("until", until)) if name in values and at is None
        }
        for name, choices in (("about", KINDS), ("source", SOURCES)):
            if name in values and values[name] not in choices:
                errors[name] = "Choose one in the list."
        about, source = (None if name in errors else values.get(name) for name in ("about", "source"))
        return cls(values, AuditFilter(subject_kind=about, source=source, since=since, until=until), errors)

    @property
    def query(self) -> dict[str, Any]:
        return dict(self.values)

    @property
    def narrows(self) -> bool:
        return bool(self.values)

    @property
    def kinds(self) -> dict[str, str]:
        return KINDS

    @property
    def sources(self) -> dict[str, str]:
        return SOURCES

    @property
    def since(self) -> str:
        return field_moment(self.wanted.since)

    @property
    def until(self) -> str:
        return field_moment(self.wanted.until)
