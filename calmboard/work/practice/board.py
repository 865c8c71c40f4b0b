"""A practice board: where examples that change something do no harm. Known by its name, and made once for each person."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from calmboard.access.access import Access
from calmboard.db import autocommit, db, retry_conflicts
from calmboard.models import Board, Membership, Project, Task, User
from calmboard.work.boards import add_board
from calmboard.work.discussion.checklists import add_item
from calmboard.work.discussion.comments import write_comment
from calmboard.work.labels import create_label
from calmboard.work.projects import add_project
from calmboard.work.sprints.lifecycle import create_sprint
from calmboard.work.tasks.lifecycle import add_task

PROJECT_NAME = "Practice"
BOARD_NAME = "Practice board"
_ABOUT = "Made for trying the API. Change and delete here whatever you like."
_TITLES = ("Practice: read this task", "Practice: change this task", "Practice: delete this task")


@dataclass(frozen=True, slots=True)
class Practice:
    """`task_id` is that of its first task; None where all of them were deleted."""

    project_id: str
    board_id: str
    task_id: str | None


def find_practice(access: Access) -> Practice | None:
    """The user's own practice board. Whoever renames it, or its project, has it no more."""
    with autocommit() as connection:
        row = connection.execute(_PRACTICE, {"user_id": access.user.id}).first()
    return Practice(*row) if row else None


def make_practice(access: Access) -> Practice:
    """The user's practice board, made where there is none, and given tasks where they are gone."""
    practice, has_new_board, has_new_tasks = _make(access)
    if has_new_board:
        create_label(access, practice.project_id, {"name": PROJECT_NAME})
        create_sprint(access, practice.board_id, {"name": "Practice sprint"})
    if has_new_tasks and practice.task_id:
        add_item(access, practice.task_id, {"text": "Practice: tick this"})
        write_comment(access, practice.task_id, "Practice: a comment to change.")
    return practice


@retry_conflicts
def _make(access: Access) -> tuple[Practice, bool, bool]:
    """It, and whether its board and its tasks are new. Two clicks at once make one: the second waits for the first."""
    db.session.execute(select(User.id).where(User.id == access.user.id).with_for_update())
    row = db.session.execute(_PRACTICE, {"user_id": access.user.id}).first()
    if row is not None and row.task_id is not None:
        db.session.rollback()
        return Practice(*row), False, False
    project_id = row.id if row else add_project(access, {"name": PROJECT_NAME, "description": _ABOUT})
    board_id = row.board_id if row else add_board(access, project_id, {"name": BOARD_NAME})
    task_ids = [add_task(access, board_id, {"title": title}) for title in _TITLES]
    db.session.commit()
    return Practice(project_id, board_id, task_ids[0]), row is None, True


_FIRST_TASK = select(Task.id).where(Task.board_id == Board.id).order_by(Task.id).limit(1).scalar_subquery()
_PRACTICE = (
    select(Project.id, Board.id.label("board_id"), _FIRST_TASK.label("task_id"))
    .join(Board, Board.project_id == Project.id)
    .join(Membership, Membership.project_id == Project.id)
    .where(
        Membership.user_id == bindparam("user_id"),
        Membership.role == "owner",
        Project.name == PROJECT_NAME,
        Board.name == BOARD_NAME,
    )
    .order_by(Project.id, Board.id)
    .limit(1)
)
