"""The projects that a person chooses among for a credential, and what the chosen ones are called."""

from collections.abc import Collection
from functools import cache

from sqlalchemy import bindparam, select

from calmboard.access.access import Access
from calmboard.access.permissions import asker, narrowed_to
from calmboard.db import AnySelect, reading
from calmboard.models import Project


def project_names(access: Access, project_ids: Collection[str]) -> dict[str, str]:
    """The names of those projects that are in reach, by id; nothing is asked where there are none."""
    if not project_ids:
        return {}
    values = {**asker(access), "project_ids": list(project_ids)}
    with reading() as connection:
        return {row.id: row.name for row in connection.execute(_named(access.project_ids is not None), values)}


@cache
def _named(narrowed: bool) -> AnySelect:
    statement = select(Project.id, Project.name).where(Project.id.in_(bindparam("project_ids", expanding=True)))
    return narrowed_to(statement, Project.id, narrowed)
