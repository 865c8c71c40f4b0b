"""Many changes to tasks in one call: all or none, or each for itself."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import or_, select

from calmboard.access.access import Access
from calmboard.access.permissions import access_params, find_for_update, require_role, require_scope, visible
from calmboard.db import db
from calmboard.errors import Problem
from calmboard.models import Board, Task
from calmboard.work.tasks.lifecycle import add_task, apply_changes, remove_task
from calmboard.work.tasks.positions import lock_boards
from calmboard.work.tasks.rows import TaskRow, read_tasks

MAX_OPERATIONS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One change: `where` is the board of a new task, else the task."""

    kind: Literal["create", "change", "delete"]
    where: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a step: the task, nothing where it was deleted, or the problem."""

    kind: str
    task: TaskRow | None = None
    problem: Problem | None = None


class StepRefused(Exception):
    """The step that stopped a call of all or none."""

    def __init__(self, place: int, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.place = place
        self.problem = problem


def change_all(access: Access, steps: Sequence[Step]) -> list[Outcome]:
    """Carry out every step, or none: raises StepRefused for the first that cannot be."""
    require_scope(access, "tasks:write")
    _lock(access, steps)
    task_ids: list[str | Problem] = []
    for place, step in enumerate(steps):
        try:
            task_ids.append(_ACTIONS[step.kind](access, step))
        except Problem as problem:
            db.session.rollback()
            raise StepRefused(place, problem) from problem
    db.session.commit()
    return _outcomes(access, steps, task_ids)


def change_each(access: Access, steps: Sequence[Step]) -> list[Outcome]:
    """Carry out every step for itself; one that is refused leaves the others alone."""
    require_scope(access, "tasks:write")
    return _outcomes(access, steps, [_try(access, step) for step in steps])


def create_each(
    access: Access, board_id: str, new_tasks: Iterable[Callable[[], Mapping[str, Any]]]
) -> Generator[str | Problem, None, None]:
    """Add tasks in one commit, and tell of each its id, or why it was not made; that leaves the others alone.

    Each gives its values when its turn comes, or raises a Problem. All are kept behind the last; to stop before keeps none.
    Raises NotFound where there is no such board, Forbidden out of reach and to viewers.
    """
    board = find_for_update(access, Board, board_id)
    require_role(access, board.role, "tasks:write")
    try:
        for values_of in new_tasks:
            yield _add(access, board_id, values_of)
        db.session.commit()
    finally:
        db.session.rollback()


def _try(access: Access, step: Step) -> str | Problem:
    try:
        task_id = _ACTIONS[step.kind](access, step)
        db.session.commit()
    except Problem as problem:
        db.session.rollback()
        return problem
    return task_id


def _outcomes(access: Access, steps: Sequence[Step], done: Sequence[str | Problem]) -> list[Outcome]:
    """What became of each step, by its task's id or its problem: tasks as they are in the end, all read at once.

    One that a later step, or somebody else, deleted is left out.
    """
    tasks = read_tasks(access, {one for one in done if isinstance(one, str)})
    return [
        Outcome(step.kind, problem=one) if isinstance(one, Problem) else Outcome(step.kind, tasks.get(one))
        for step, one in zip(steps, done, strict=True)
    ]


def _add(access: Access, board_id: str, values_of: Callable[[], Mapping[str, Any]]) -> str | Problem:
    try:
        with db.session.begin_nested():
            return add_task(access, board_id, values_of())
    except Problem as problem:
        return problem


def _lock(access: Access, steps: Sequence[Step]) -> None:
    """Lock every board in one order, so that two calls never wait for each other; nothing that is out of reach."""
    board_ids = [step.where for step in steps if step.kind == "create"]
    tasks = Task.id.in_([step.where for step in steps if step.kind != "create"])
    meant = or_(Board.id.in_(board_ids), Board.id.in_(select(Task.board_id).where(tasks)))
    in_reach = visible(access, select(Board.id).where(meant), Board.project_id)
    boards = db.session.execute(in_reach, access_params(access)).scalars().all()
    lock_boards(*boards)
    mine = select(Task.id).where(tasks, Task.board_id.in_(boards))
    db.session.execute(mine.order_by(Task.id).with_for_update(key_share=True))


def _create(access: Access, step: Step) -> str:
    return add_task(access, step.where, step.values)


def _change(access: Access, step: Step) -> str:
    apply_changes(access, step.where, step.values)
    return step.where


def _delete(access: Access, step: Step) -> str:
    remove_task(access, step.where)
    return step.where


_ACTIONS: dict[str, Callable[[Access, Step], str]] = {"create": _create, "change": _change, "delete": _delete}
