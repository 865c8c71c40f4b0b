"""Tasks: listed, read, and created in two ways."""

import secrets
from datetime import UTC, datetime

from database import Session
from fastapi import APIRouter, HTTPException
from ids import new_id
from models import Activity, Board, Membership, Task, TaskCounter
from pages import Limit, cursor_of, read_cursor, split_page
from ranks import FIRST_RANK, rank_below
from schemas import STATES, NewTask, TaskList, TaskOut
from security import Caller, CurrentCaller
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import selectinload

router = APIRouter()

_WRITERS = ("owner", "admin", "member")
_RELATIONS = (selectinload(Task.assignees), selectinload(Task.labels))


@router.get("/boards/{board_id}/tasks")
async def list_tasks(
    caller: CurrentCaller, session: Session, board_id: str, limit: Limit = 25, cursor: str | None = None
) -> TaskList:
    """The tasks of a board, oldest first."""
    caller.require("tasks:read")
    await _find_board(session, caller, board_id)
    statement = select(Task).where(Task.board_id == board_id).order_by(Task.id).limit(limit + 1).options(*_RELATIONS)
    if (after := read_cursor(cursor)) is not None:
        statement = statement.where(Task.id > after)
    tasks, has_more = split_page((await session.scalars(statement)).all(), limit)
    data = [TaskOut.model_validate(task) for task in tasks]
    return TaskList(data=data, has_more=has_more, next_cursor=cursor_of(data[-1].id) if has_more else None)


@router.get("/tasks/{task_id}")
async def read_task(caller: CurrentCaller, session: Session, task_id: str) -> TaskOut:
    """One task with the people and labels on it."""
    caller.require("tasks:read")
    task = await _read_task(session, task_id)
    if task is None:
        raise HTTPException(404, f"No task has the id {task_id}.")
    await _find_board(session, caller, task.board_id)
    return TaskOut.model_validate(task)


@router.post("/boards/{board_id}/tasks", status_code=201)
async def create_task(caller: CurrentCaller, session: Session, board_id: str, new: NewTask) -> TaskOut:
    """As CalmBoard does: a rank at the bottom of its column under a lock, the next number, the activity, in one commit."""
    board = await _find_writable_board(session, caller, board_id, lock=True)
    task = _task(caller, board_id, new, await _next_number(session, board.project_id))
    task.position = await _bottom_rank(session, board_id, task.state)
    board.updated_at = task.updated_at
    session.add_all([task, _created(caller, board.project_id, task, new)])
    await session.commit()
    return TaskOut.model_validate(await _read_task(session, task.id))


@router.post("/bare/boards/{board_id}/tasks", status_code=201)
async def create_task_barely(caller: CurrentCaller, session: Session, board_id: str, new: NewTask) -> dict[str, str]:
    """The checks and one INSERT: no order in its column, no number of its own, no activity."""
    await _find_writable_board(session, caller, board_id)
    task = _task(caller, board_id, new, number=secrets.randbits(31))
    task.position = task.id
    session.add(task)
    await session.commit()
    return {"id": task.id}


async def _read_task(session: Session, task_id: str) -> Task | None:
    return await session.scalar(select(Task).where(Task.id == task_id).options(*_RELATIONS))


async def _find_board(session: Session, caller: Caller, board_id: str, *, lock: bool = False) -> tuple[Board, str]:
    """The board and the caller's role in its project; locked, so that no card is placed on it at the same time."""
    membership = (Membership.project_id == Board.project_id) & (Membership.user_id == caller.user_id)
    statement = select(Board, Membership.role).outerjoin(Membership, membership).where(Board.id == board_id)
    if lock:
        statement = statement.with_for_update(of=Board, key_share=True)
    row = (await session.execute(statement)).first()
    if row is None:
        raise HTTPException(404, f"No board has the id {board_id}.")
    if row.role is None or (caller.project_ids is not None and row.Board.project_id not in caller.project_ids):
        raise HTTPException(403, "The board is in a project that you are not a member of.")
    return row.Board, row.role


async def _find_writable_board(session: Session, caller: Caller, board_id: str, *, lock: bool = False) -> Board:
    caller.require("tasks:write")
    board, role = await _find_board(session, caller, board_id, lock=lock)
    if role not in _WRITERS:
        raise HTTPException(403, f"You are a {role} of this project; that role does not include tasks:write.")
    return board


async def _next_number(session: Session, project_id: str) -> int:
    first = insert(TaskCounter).values(project_id=project_id, last_number=1)
    counted = first.on_conflict_do_update(
        index_elements=[TaskCounter.project_id], set_={"last_number": TaskCounter.last_number + 1}
    )
    return (await session.execute(counted.returning(TaskCounter.last_number))).scalar_one()


async def _bottom_rank(session: Session, board_id: str, state: int) -> str:
    last = await session.scalar(select(func.max(Task.position)).where(Task.board_id == board_id, Task.state == state))
    return FIRST_RANK if last is None else rank_below(last)


def _task(caller: Caller, board_id: str, new: NewTask, number: int) -> Task:
    at = datetime.now(UTC)
    return Task(
        id=new_id("tsk"),
        board_id=board_id,
        number=number,
        title=new.title,
        title_folded=new.title.casefold(),
        description=new.description,
        description_folded=new.description.casefold(),
        state=STATES.index(new.state),
        due_date=new.due_date,
        started_at=at if STATES.index(new.state) >= STATES.index("in_progress") else None,
        done_at=at if new.state == "done" else None,
        created_by=caller.user_id,
        created_at=at,
        updated_at=at,
    )


def _created(caller: Caller, project_id: str, task: Task, new: NewTask) -> Activity:
    return Activity(
        id=new_id("act"),
        project_id=project_id,
        board_id=task.board_id,
        task_id=task.id,
        subject_id=task.id,
        what="task.created",
        changes=new.model_dump(mode="json", exclude_unset=True),
        actor_id=caller.user_id,
        source="key",
        credential_id=caller.key_id,
        credential_name=caller.key_name,
        at=task.created_at,
    )
