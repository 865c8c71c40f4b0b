"""Hints for an agent about what to do next after an error, in the names of tools."""

import inspect
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from api.mcp.calls import CallContext
from api.mcp.registry import Tool
from calmboard.errors import Conflict, Forbidden, NotFound, Problem, ValidationFailed

_UNKNOWN = re.compile(r"No ([a-z ]+) has the id")

# By the resource that was not found.
_NOT_FOUND_HINTS = {
    "project": "list_projects names every project in reach.",
    "board": "list_projects names every board in reach.",
    "task": "Find the task with search or list_tasks, and pass its number or id on exactly as given.",
    "sprint": "get_board names the active and the planned sprints of a board.",
    "label": "get_project names the labels of a project.",
    "checklist item": "get_task names the items of the checklist.",
}
# By the invalid argument, where it is the same in every tool.
_ARGUMENT_HINTS = {
    **dict.fromkeys(("assignee", "assignees", "add_assignees", "changed_by"), "get_project names the people of a project."),
    **dict.fromkeys(("label", "labels", "label_all", "add_labels"), "get_project names the labels of a project."),
    "board_id": "list_projects names every board in reach.",
    "project_id": "list_projects names every project in reach.",
    "sprint_id": "get_board names the active and the planned sprints of a board.",
    "move_to": "get_board names the planned sprints of a board; plan_sprint makes one.",
    **dict.fromkeys(("tick", "untick"), "get_task names the items of the checklist."),
    **dict.fromkeys(("before", "after", "task_ids"), "list_tasks names the tasks of a board."),
}
# By the tool that raised the conflict.
_CONFLICT_HINTS = {
    "start_sprint": "get_board names the active and the planned sprints of a board; complete_sprint ends the active one.",
    "complete_sprint": "get_board names the active sprint of a board; start_sprint makes a planned one active.",
}
_FORBIDDEN_HINT = "list_projects tells what is in reach, and your role there. Tell the person if that is not enough."


def with_hints(tool: Tool) -> Tool:
    """The tool, with a hint added to each Problem that has none."""
    if inspect.isgeneratorfunction(tool.run):
        return replace(tool, run=_hinting_generator(tool.name, tool.run))
    return replace(tool, run=_hinting(tool.name, tool.run))


def _hinting(name: str, run: Callable[[CallContext, Any], Any]) -> Callable[[CallContext, Any], Any]:
    def hinted(call: CallContext, args: Any) -> Any:
        with _hinted(name):
            return run(call, args)

    return hinted


def _hinting_generator(
    name: str, run: Callable[[CallContext, Any], Generator[Any, None, Any]]
) -> Callable[[CallContext, Any], Any]:
    def hinted(call: CallContext, args: Any) -> Generator[Any, None, Any]:
        with _hinted(name):
            return (yield from run(call, args))

    return hinted


@contextmanager
def _hinted(name: str) -> Iterator[None]:
    try:
        yield
    except Problem as problem:
        problem.hint = problem.hint or _hint_for(problem, name)
        if isinstance(problem, ValidationFailed) and problem.detail == problem.meaning:
            problem.detail = "Some arguments cannot be used. Nothing was changed."
        raise


def _hint_for(problem: Problem, name: str) -> str:
    """The next step, or nothing where the problem's own remedy says it."""
    if isinstance(problem, NotFound):
        unknown = _UNKNOWN.match(problem.detail)
        return _NOT_FOUND_HINTS.get(unknown[1], "") if unknown else ""
    if isinstance(problem, Conflict):
        return _CONFLICT_HINTS.get(name, "")
    if isinstance(problem, Forbidden):
        return _FORBIDDEN_HINT
    if isinstance(problem, ValidationFailed):
        arguments = [error.pointer.removeprefix("/").split("/")[0] for error in problem.errors]
        choices = dict.fromkeys(_ARGUMENT_HINTS[name] for name in arguments if name in _ARGUMENT_HINTS)
        return " ".join(["Correct what is named above, and call again.", *choices])
    return ""
