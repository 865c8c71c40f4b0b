"""Projects."""

from database import Session
from fastapi import APIRouter
from models import Membership, Project
from pages import Limit, cursor_of, read_cursor, split_page
from schemas import ProjectList, ProjectOut
from security import CurrentCaller
from sqlalchemy import select

router = APIRouter()


@router.get("/projects")
async def list_projects(caller: CurrentCaller, session: Session, limit: Limit = 25, cursor: str | None = None) -> ProjectList:
    """The projects that the caller is a member of, oldest first."""
    caller.require("projects:read")
    statement = select(Project, Membership.role).join(Membership, Membership.project_id == Project.id)
    statement = statement.where(Membership.user_id == caller.user_id).order_by(Project.id).limit(limit + 1)
    if caller.project_ids is not None:
        statement = statement.where(Project.id.in_(caller.project_ids))
    if (after := read_cursor(cursor)) is not None:
        statement = statement.where(Project.id > after)
    rows, has_more = split_page((await session.execute(statement)).all(), limit)
    data = [
        ProjectOut(
            id=project.id,
            name=project.name,
            description=project.description,
            role=role,
            created_at=project.created_at,
            updated_at=project.updated_at,
        )
        for project, role in rows
    ]
    return ProjectList(data=data, has_more=has_more, next_cursor=cursor_of(data[-1].id) if has_more else None)
