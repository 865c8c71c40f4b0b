"""Projects with their boards, as the tool gives them."""

from base64 import urlsafe_b64encode
from collections import defaultdict

from database import fetch
from pydantic import BaseModel

_MINE = """
SELECT p.id, p.name, m.role FROM projects p JOIN memberships m ON m.project_id = p.id AND m.user_id = $1
ORDER BY p.id LIMIT $2
"""
_BOARDS = """
SELECT id, name, project_id FROM (
  SELECT id, name, project_id, row_number() OVER (PARTITION BY project_id ORDER BY id) AS ordinal
  FROM boards WHERE project_id = ANY($1)
) AS numbered WHERE ordinal <= 50 ORDER BY id
"""


class NamedBoard(BaseModel):
    id: str
    name: str


class ProjectSummary(BaseModel):
    id: str
    name: str
    role: str
    boards: list[NamedBoard]


class Projects(BaseModel):
    """Projects in reach."""

    projects: list[ProjectSummary]
    next_cursor: str | None
    not_readable: list[str]


async def read_projects(user_id: str, limit: int) -> Projects:
    rows = await fetch(_MINE, user_id, limit + 1)
    page = rows[:limit]
    boards: dict[str, list[NamedBoard]] = defaultdict(list)
    for board in await fetch(_BOARDS, [row["id"] for row in page]):
        boards[board["project_id"]].append(NamedBoard(id=board["id"], name=board["name"]))
    projects = [ProjectSummary(id=row["id"], name=row["name"], role=row["role"], boards=boards[row["id"]]) for row in page]
    cursor = urlsafe_b64encode(page[-1]["id"].encode()).decode() if len(rows) > limit else None
    return Projects(projects=projects, next_cursor=cursor, not_readable=[])
