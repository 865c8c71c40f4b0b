"""How much files may take: those of a project together, and those that one person added anywhere."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from calmboard.access.access import Access
from calmboard.access.permissions import find_for_update
from calmboard.db import autocommit, db
from calmboard.errors import PayloadTooLarge
from calmboard.models import Attachment, Board, Project, Task, User
from calmboard.settings import current_settings


@dataclass(frozen=True, slots=True)
class FileUsage:
    """So many of so many bytes."""

    used_bytes: int
    limit_bytes: int

    @property
    def left_bytes(self) -> int:
        return max(0, self.limit_bytes - self.used_bytes)


def read_project_usage(project_id: str) -> FileUsage:
    """The files of a project that the caller has found for somebody."""
    with autocommit() as connection:
        used_bytes = connection.execute(_OF_PROJECT, {"project_id": project_id}).scalar_one()
    return FileUsage(used_bytes, current_settings().kept.project_files_bytes)


def read_own_usage(access: Access) -> FileUsage:
    """The files that the person added, in whichever projects."""
    with autocommit() as connection:
        used_bytes = connection.execute(_OF_PERSON, {"user_id": access.user.id}).scalar_one()
    return FileUsage(used_bytes, current_settings().kept.person_files_bytes)


def require_room(access: Access, project_id: str, size_bytes: int) -> None:
    """Lock project and person until the commit, so that files sent at once pass no limit together.

    Raises PayloadTooLarge where there is no room for so many bytes more.
    """
    find_for_update(access, Project, project_id)
    db.session.execute(select(User.id).where(User.id == access.user.id).with_for_update(key_share=True))
    kept = current_settings().kept
    of_project = FileUsage(db.session.execute(_OF_PROJECT, {"project_id": project_id}).scalar_one(), kept.project_files_bytes)
    own = FileUsage(db.session.execute(_OF_PERSON, {"user_id": access.user.id}).scalar_one(), kept.person_files_bytes)
    for whose, usage in (("this project’s files", of_project), ("your files in all projects", own)):
        if size_bytes > usage.left_bytes:
            raise PayloadTooLarge(
                f"This file has {size_bytes} bytes, and of the {usage.limit_bytes} for {whose} {usage.left_bytes} are left. "
                "Delete files that nobody needs any more."
            )


_TOTAL = select(func.coalesce(func.sum(Attachment.size_bytes), 0))
_OF_PROJECT = _TOTAL.join(Task).join(Board).where(Board.project_id == bindparam("project_id"))
_OF_PERSON = _TOTAL.where(Attachment.added_by == bindparam("user_id"))
