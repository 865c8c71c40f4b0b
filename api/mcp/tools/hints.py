"""What an agent should do next where the ground floor refuses, told in the names of tools."""

import inspect
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from api.mcp.calls import Call
from api.mcp.registry import Tool
from calmboard.errors import Conflict, Forbidden, NotFound, Problem, ValidationFailed

_UNKNOWN = re.compile(r"No ([a-z ]+) has the id")

# By the word of what was not found.
_TO_FIND = {
    "project": "list_projects names every project in reach.",
    "board": "list_projects names every board in reach.",
    "task": "Find the task with search or list_tasks, and pass its id on exactly as given.",
    "sprint": "get_board names the active and the planned sprints of a board.",
    "label": "get_project names the labels of a project with their ids.",
    "checklist item": "get_task names the items of the checklist.",
}
# By the argument that is at fault.
_TO_CHOOSE = {
    "assignee": "get_project names the people of a project with their ids.",
    "assignees": "get_project names the people of a project with their ids.",
    "label": "get_project names the labels of a project with their ids.",
    "labels": "get_project names the labels of a project with their ids.",
    "sprint_id": "get_board names the active and the planned sprints of a board.",
    "move_to": "get_board names the planned sprints of a board; plan_sprint makes one.",
    "tick": "get_task names the items of the checklist.",
    "untick": "get_task names the items of the checklist.",
    "before": "list_tasks names the tasks of a board.",
    "after": "list_tasks names the tasks of a board.",
}
# By the tool that cannot do it now.
_TO_GO_ON = {
    "start_sprint": "get_board names the active and the planned sprints of a board; complete_sprint ends the active one.",
    "complete_sprint": "get_board names the active sprint of a board; start_sprint makes a planned one active.",
}
_OUT_OF_REACH = "list_projects tells what is in reach, and your role there. Tell the person if that is not enough."


def with_hints(tool: Tool) -> Tool:
    """The tool, whose refusals say what to do next where they did not."""
    if inspect.isgeneratorfunction(tool.run):
        return replace(tool, run=_hinting_generator(tool.name, tool.run))
    return replace(tool, run=_hinting(tool.name, tool.run))


def _hinting(name: str, run: Callable[[Call, Any], Any]) -> Callable[[Call, Any], Any]:
    def hinted(call: Call, asked: Any) -> Any:
        with _hinted(name):
            return run(call, asked)

    return hinted


def _hinting_generator(name: str, run: Callable[[Call, Any], Generator[Any, None, Any]]) -> Callable[[Call, Any], Any]:
    def hinted(call: Call, asked: Any) -> Generator[Any, None, Any]:
        with _hinted(name):
            return (yield from run(call, asked))

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
        return _TO_FIND.get(unknown[1], "") if unknown else ""
    if isinstance(problem, Conflict):
        return _TO_GO_ON.get(name, "")
    if isinstance(problem, Forbidden):
        return _OUT_OF_REACH
    if isinstance(problem, ValidationFailed):
        arguments = [fault.pointer.removeprefix("/").split("/")[0] for fault in problem.errors]
        choices = dict.fromkeys(_TO_CHOOSE[name] for name in arguments if name in _TO_CHOOSE)
        return " ".join(["Correct what is named above, and call again.", *choices])
    return ""
