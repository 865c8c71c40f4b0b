"""The projects that a person chooses among for a credential, and what the chosen ones are called."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import bindparam, select

from calmboard.access.access import Access
from calmboard.access.credentials.keys import MAX_PROJECTS
from calmboard.access.permissions import access_params, narrowed_to
from calmboard.db import AnyRow, AnySelect, autocommit
from calmboard.ids import is_id
from calmboard.models import Membership, Project
from calmboard.pagination import PageRequest
from calmboard.work.projects import list_projects

# What a form accepts: more than a credential may have, so that too many are rejected and not truncated.
MAX_SELECTED = 2 * MAX_PROJECTS


@dataclass(frozen=True, slots=True)
class Choices:
    """Projects to choose among: id, name and the user's role of each.

    `has_previous`: others come before these; `after` is the id behind which others follow.
    """

    rows: Sequence[AnyRow]
    has_previous: bool
    after: str | None


def list_choices(access: Access, after: str | None = None, chosen: Collection[str] = ()) -> Choices:
    """As many projects as a credential may be limited to, from the one behind `after` on, by name; and the chosen ones."""
    page_request = PageRequest(MAX_PROJECTS, (after,) if after is not None and is_id("prj", after) else None)
    page = list_projects(access, page_request)
    shown = {row.id for row in page.rows}
    others = find_projects(access, [project_id for project_id in chosen if project_id not in shown])
    rows = sorted((*others, *page.rows), key=lambda row: (row.name.casefold(), row.id))
    return Choices(rows, page_request.after is not None, page.after[0] if page.after else None)


def find_projects(access: Access, project_ids: Collection[str]) -> Sequence[AnyRow]:
    """Id, name and the user's role of those that are visible."""
    valid_ids = sorted(project_id for project_id in project_ids if is_id("prj", project_id))
    if not valid_ids:
        return ()
    with autocommit() as connection:
        return connection.execute(
            _by_ids(access.project_ids is not None), {**access_params(access), "project_ids": valid_ids}
        ).all()


def project_names(access: Access, project_ids: Collection[str]) -> dict[str, str]:
    """The names of those projects that are visible, by id."""
    return {row.id: row.name for row in find_projects(access, project_ids)}


@cache
def _by_ids(narrowed: bool) -> AnySelect:
    columns = (Project.id, Project.name, Membership.role)
    statement = select(*columns).where(Project.id.in_(bindparam("project_ids", expanding=True)))
    return narrowed_to(statement, Project.id, narrowed)
