"""What stops a change of a task, and how it reads where it was one of many."""

from datetime import datetime

from calmboard.errors import PreconditionFailed, Problem
from calmboard.preconditions import Precondition
from calmboard.work.tasks.rows import TaskRow


def require_unchanged(updated_at: datetime) -> Precondition:
    """Require that the task has not changed since it was read."""

    def precondition(task: TaskRow) -> None:
        if task.updated_at != updated_at:
            raise PreconditionFailed("Somebody changed the task just now.", hint="Read it with get_task, and decide again.")

    return precondition


def describe(problem: Problem) -> str:
    """The detail of a Problem, reworded where it holds for a whole request only."""
    return problem.detail if problem.detail != problem.meaning else "Some of its values cannot be used."


def errors_of(problem: Problem) -> list[dict[str, str]]:
    return [{"argument": error.pointer.removeprefix("/"), "detail": error.detail} for error in problem.errors]
