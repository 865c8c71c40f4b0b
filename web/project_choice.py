"""How a form chooses among many projects: the fields that search them, which pages of several interfaces have."""

from collections.abc import Mapping
from dataclasses import dataclass

_MAX_LENGTH = 80
# All but those with the chosen ones, which each form names by itself.
FIELDS = ("projects_q", "projects_q_shown", "projects_find", "projects_after", "by_enter")


@dataclass(frozen=True, slots=True)
class ProjectChooser:
    """Where a form has its projects: the name of their boxes, the address that searches them, the element they stand in."""

    field: str
    address: str
    anchor: str
    has_preview: bool = False


@dataclass(frozen=True, slots=True)
class ProjectSearch:
    """What is searched in the names, and the id of the project behind which the list goes on."""

    q: str = ""
    after: str | None = None


NO_SEARCH = ProjectSearch()


def read_search(fields: Mapping[str, str]) -> ProjectSearch:
    q = fields.get("projects_q", "").replace("\0", "").strip()[:_MAX_LENGTH]
    return ProjectSearch(q, fields.get("projects_after"))


def is_search(fields: Mapping[str, str]) -> bool:
    """Whether the form was sent to search and for nothing else.

    By a button of the list; or by Enter in its field, which presses the first button of the form.
    """
    if "projects_find" in fields or "projects_after" in fields:
        return True
    return "by_enter" in fields and read_search(fields).q != fields.get("projects_q_shown", "")
