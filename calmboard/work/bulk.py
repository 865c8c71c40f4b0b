"""Many changes to tasks in one call: all or none, or each for itself."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import select

from calmboard.access.access import Access
from calmboard.access.permissions import claim, need, need_scope
from calmboard.db import db
from calmboard.errors import Problem
from calmboard.models import Board, Task
from calmboard.work.positions import lock_boards
from calmboard.work.task_rows import TaskRow
from calmboard.work.tasks import add_task, apply_changes, read_task, remove_task

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
    need_scope(access, "tasks:write")
    _lock(steps)
    task_ids = []
    for place, step in enumerate(steps):
        try:
            task_ids.append(_ACTIONS[step.kind](access, step))
        except Problem as problem:
            db.session.rollback()
            raise StepRefused(place, problem) from problem
    db.session.commit()
    return [_outcome(access, step, task_id) for step, task_id in zip(steps, task_ids, strict=True)]


def change_each(access: Access, steps: Sequence[Step]) -> list[Outcome]:
    """Carry out every step for itself; one that is refused leaves the others alone."""
    need_scope(access, "tasks:write")
    return [_try(access, step) for step in steps]


def create_each(
    access: Access, board_id: str, new_tasks: Iterable[Callable[[], Mapping[str, Any]]]
) -> Generator[str | Problem, None, None]:
    """Add tasks in one commit, and tell of each its id, or why it was not made; that leaves the others alone.

    Each gives its values when its turn comes, or raises a Problem. All are kept behind the last; to stop before keeps none.
    Raises NotFound where there is no such board, Forbidden out of reach and to viewers.
    """
    board = claim(access, Board, board_id)
    need(access, board.role, "tasks:write")
    try:
        for values_of in new_tasks:
            yield _add(access, board_id, values_of)
        db.session.commit()
    finally:
        db.session.rollback()


def _try(access: Access, step: Step) -> Outcome:
    try:
        task_id = _ACTIONS[step.kind](access, step)
        db.session.commit()
    except Problem as problem:
        db.session.rollback()
        return Outcome(step.kind, problem=problem)
    return _outcome(access, step, task_id)


def _outcome(access: Access, step: Step, task_id: str) -> Outcome:
    try:
        return Outcome(step.kind, None if step.kind == "delete" else read_task(access, task_id))
    except Problem:  # a later step, or somebody else, deleted it
        return Outcome(step.kind)


def _add(access: Access, board_id: str, values_of: Callable[[], Mapping[str, Any]]) -> str | Problem:
    try:
        with db.session.begin_nested():
            return add_task(access, board_id, values_of())
    except Problem as problem:
        return problem


def _lock(steps: Sequence[Step]) -> None:
    """Lock every board in one order, so that two calls never wait for each other."""
    boards = {step.where for step in steps if step.kind == "create"}
    task_ids = sorted(step.where for step in steps if step.kind != "create")
    boards |= set(db.session.execute(select(Task.board_id).where(Task.id.in_(task_ids))).scalars())
    lock_boards(*boards)
    db.session.execute(select(Task.id).where(Task.id.in_(task_ids)).order_by(Task.id).with_for_update(key_share=True))


def _create(access: Access, step: Step) -> str:
    return add_task(access, step.where, step.values)


def _change(access: Access, step: Step) -> str:
    apply_changes(access, step.where, step.values)
    return step.where


def _delete(access: Access, step: Step) -> str:
    remove_task(access, step.where)
    return step.where


_ACTIONS: dict[str, Callable[[Access, Step], str]] = {"create": _create, "change": _change, "delete": _delete}
