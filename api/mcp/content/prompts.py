"""Prompts: a piece of a team's work, with the live data that it needs and instructions for a model."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from api.mcp.calls import CallContext, text
from api.mcp.content import prompt_texts
from api.mcp.content.completions import id_completion
from api.mcp.content.documents import UNTRUSTED_TEXT_NOTE, board_document, project_document, section, task_lines
from api.mcp.content.resources import MARKDOWN
from api.mcp.protocol.revisions import INVALID_PARAMS, Failure
from api.mcp.quotes import quoted
from api.mcp.registry import Argument, Prompt
from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.permissions import require_scope
from calmboard.clock import now
from calmboard.errors import InvalidRequest
from calmboard.pagination import MAX_LIMIT, PageRequest
from calmboard.work.boards import list_boards, read_board
from calmboard.work.reports import read_cycle_time, read_velocity
from calmboard.work.sprints.lifecycle import read_sprint
from calmboard.work.tasks.conditions import TaskFilters
from calmboard.work.tasks.rows import TaskRow, list_tasks
from calmboard.work.visible_resources import match_names

Messages = list[dict[str, Any]]

_PREFIXES = {"project": "prj", "board": "brd", "sprint": "spr"}
_MAX_CANDIDATES = 6
_MAX_BOARDS = 5
_MAX_TASKS = 50
_DEFAULT_DAYS = 14
_MAX_SPRINTS = 5


def stand_up(call: CallContext, arguments: Mapping[str, str]) -> Messages:
    board_id = _resolve_id(call.access, "board", arguments)
    since = now() - timedelta(days={0: 3, 6: 2}.get(now().weekday(), 1))  # On Monday from Friday on.
    changed = _tasks(call.access, board_id, "-updated_at", updated_since=since)
    title = f"Changed since {since:%Y-%m-%d %H:%M} UTC, the latest first"
    return [
        _board(call.access, board_id),
        _data_message(section(title, task_lines(changed))),
        _user_message(prompt_texts.STAND_UP),
    ]


def sprint_planning(call: CallContext, arguments: Mapping[str, str]) -> Messages:
    board_id = _resolve_id(call.access, "board", arguments)
    waiting = {state: _tasks(call.access, board_id, "position", state=(state,)) for state in ("ready", "backlog")}
    sections = [
        section("Sprints that are over, the latest last", _velocity(call.access, board_id)),
        section(f"Ready, top to bottom, the first {_MAX_TASKS} at most", task_lines(waiting["ready"])),
        section(f"Backlog, top to bottom, the first {_MAX_TASKS} at most", task_lines(waiting["backlog"])),
    ]
    return [_board(call.access, board_id), _data_message(*sections), _user_message(prompt_texts.SPRINT_PLANNING)]


def backlog_grooming(call: CallContext, arguments: Mapping[str, str]) -> Messages:
    board_id = _resolve_id(call.access, "board", arguments)
    tasks = _tasks(call.access, board_id, "position", state=("backlog",))
    aged = [f"{line} · {_age(task)}" for line, task in zip(task_lines(tasks), tasks, strict=True)]
    backlog = section(f"Backlog, top to bottom, the first {_MAX_TASKS} at most", aged)
    return [_board(call.access, board_id), _data_message(backlog), _user_message(prompt_texts.BACKLOG_GROOMING)]


def risk_review(call: CallContext, arguments: Mapping[str, str]) -> Messages:
    scope = {name: value for name, value in arguments.items() if value.strip()}
    if len(scope) != 1:
        raise Failure(INVALID_PARAMS, "Send either project or board: an id, or words of its name.")
    if "board" in scope:
        return [_board(call.access, _resolve_id(call.access, "board", scope)), _user_message(prompt_texts.RISK_REVIEW)]
    return [*_project(call.access, _resolve_id(call.access, "project", scope)), _user_message(prompt_texts.RISK_REVIEW)]


def release_notes(call: CallContext, arguments: Mapping[str, str]) -> Messages:
    sprint, since = (arguments.get(name, "").strip() for name in ("sprint", "since"))
    if sprint and since:
        raise Failure(INVALID_PARAMS, "Send sprint or since, not both.")
    board = read_board(call.access, _resolve_id(call.access, "board", arguments))
    done = _done_in_sprint(call.access, board["id"], arguments) if sprint else _done_since(call.access, board["id"], since)
    return [
        _data_message(f"# Finished work on the board {quoted(board['name'])}", done),
        _user_message(prompt_texts.RELEASE_NOTES),
    ]


def _resolve_id(access: Access, kind: str, arguments: Mapping[str, str], board_id: str | None = None) -> str:
    """The id that an argument names: an id as it is, or that of the one visible match by name."""
    require_scope(access, f"{kind}s:read")
    reference = arguments.get(kind, "").strip()
    if ids.is_id(_PREFIXES[kind], reference):
        return reference
    candidates = match_names(access, kind, reference, _MAX_CANDIDATES, board_id)
    matches = [row for row in candidates if row.name.lower() == reference.lower()] or candidates
    if len(matches) == 1:
        match_id: str = matches[0].id
        return match_id
    if not matches:
        raise Failure(INVALID_PARAMS, f"No {kind} in reach has {quoted(reference[:100])} in its name. {_HINTS[kind]}")
    names = ", ".join(f"{quoted(row.name)} ({row.id})" for row in matches)
    raise Failure(INVALID_PARAMS, f"More than one {kind} could be meant: {names}. Send the id of the one.")


_HINTS = {
    "project": "list_projects names every project in reach.",
    "board": "list_projects names every board in reach.",
    "sprint": "get_board names the active and the planned sprints of a board.",
}


def _board(access: Access, board_id: str) -> dict[str, Any]:
    return _embedded(f"calmboard://boards/{board_id}", board_document(access, board_id))


def _project(access: Access, project_id: str) -> Messages:
    """The project and how its first boards stand; the others are named in its own document."""
    require_scope(access, "projects:read")
    about = _embedded(f"calmboard://projects/{project_id}", project_document(access, project_id))
    boards = list_boards(access, project_id, PageRequest(_MAX_BOARDS))
    more = [_user_message("The project has more boards than are shown here; get_board tells how each of them stands.")]
    return [about, *(_board(access, board.id) for board in boards.rows), *(more if boards.after else [])]


def _tasks(access: Access, board_id: str, sort: str, **filters: Any) -> Sequence[TaskRow]:
    return list_tasks(access, board_id, TaskFilters(**filters), sort, PageRequest(_MAX_TASKS)).rows


def _velocity(access: Access, board_id: str) -> list[str]:
    return [_pace(sprint) for sprint in read_velocity(access, board_id, _MAX_SPRINTS)["sprints"]]


def _pace(sprint: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{words} {sprint[name]}" for name, words in _VELOCITY_LABELS.items())
    return f"{quoted(sprint['name'])}, over on {sprint['completed_at']:%Y-%m-%d}: {counts}"


_VELOCITY_LABELS = {
    "committed": "took on",
    "added": "added later",
    "removed": "taken out",
    "completed": "done",
    "carried_over": "carried over",
}


def _age(task: TaskRow) -> str:
    words = f"a description of {len(task.description)} characters" if task.description.strip() else "no description"
    return f"made {task.created_at:%Y-%m-%d}, changed {task.updated_at:%Y-%m-%d}, {words}"


def _done_in_sprint(access: Access, board_id: str, arguments: Mapping[str, str]) -> str:
    sprint = read_sprint(access, _resolve_id(access, "sprint", arguments, board_id))
    if sprint.board_id != board_id:
        raise Failure(INVALID_PARAMS, f"The sprint {sprint.id} is not of this board. {_HINTS['sprint']}")
    filters = TaskFilters(state=("done",), sprint_id=(sprint.id,))
    tasks = list_tasks(access, board_id, filters, "position", PageRequest(MAX_LIMIT)).rows
    goal = f", whose goal was {quoted(sprint.goal)}" if sprint.goal else ""
    return section(f"Done in {quoted(sprint.name)}, {sprint.state}{goal}", task_lines(tasks))


def _done_since(access: Access, board_id: str, since: str) -> str:
    first = _day(since) if since else now().date() - timedelta(days=_DEFAULT_DAYS)
    try:
        report = read_cycle_time(access, board_id, first, None, MAX_LIMIT)
    except InvalidRequest as problem:
        raise Failure(INVALID_PARAMS, problem.errors[0].detail) from problem
    lines = [f"{task.task_id} · done {task.done_at:%Y-%m-%d} · {quoted(task.title)}" for task in report["tasks"]]
    title = f"Done since {first}, the latest first; {len(lines)} of {report['done']}"
    return section(title, lines)


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Failure(INVALID_PARAMS, "since is a day, such as 2026-11-10.") from None


def _complete_day(_access: Access, value: str, _arguments: Mapping[str, str]) -> Iterable[str]:
    days = (str(now().date() - timedelta(days=ago)) for ago in (7, 14, 30, 90))
    return [day for day in days if day.startswith(value)]


def _embedded(uri: str, document: str) -> dict[str, Any]:
    resource = {"uri": uri, "mimeType": MARKDOWN, "text": document}
    return {"role": "user", "content": {"type": "resource", "resource": resource}}


def _data_message(*parts: str) -> dict[str, Any]:
    """Data that is no resource of its own."""
    return _user_message("\n\n".join([UNTRUSTED_TEXT_NOTE, *parts]))


def _user_message(content: str) -> dict[str, Any]:
    return {"role": "user", "content": text(content)}


_BOARD = Argument("board", "The board: its id, or words of its name that no other board has.", True, id_completion("board"))
_SCOPES = ("boards:read", "tasks:read")


def _prompt(
    render: Callable[..., Messages], title: str, about: str, *more: Argument, scopes: tuple[str, ...] = _SCOPES
) -> Prompt:
    return Prompt(render.__name__, title, about, render, more or (_BOARD,), scopes)


PROMPTS = (
    _prompt(
        stand_up, "Stand-up", "What the team has to hear today: what is stuck, what moved, who has what, and how the sprint goes."
    ),
    _prompt(
        sprint_planning,
        "Sprint planning",
        "A proposal for the next sprint that fits the team's real pace: room, goal, tasks, and what to clear up first.",
        scopes=(*_SCOPES, "sprints:read"),
    ),
    _prompt(
        backlog_grooming,
        "Backlog grooming",
        "A backlog that is shorter and clearer: what is ready, what needs a question, a split, or to be let go.",
    ),
    _prompt(
        risk_review,
        "Risk review",
        "What could go wrong in the next two weeks on a board or in a whole project, on what facts, and what would help.",
        Argument(
            "project", "The project, unless a board is sent: its id, or words of its name.", False, id_completion("project")
        ),
        Argument("board", "The board, unless a project is sent: its id, or words of its name.", False, id_completion("board")),
    ),
    _prompt(
        release_notes,
        "Release notes",
        "Notes for the people who use the product, from what was done in a sprint, or since a day (else in the last 14 days).",
        _BOARD,
        Argument(
            "sprint", "What was done in this sprint of the board: its id, or words of its name.", False, id_completion("sprint")
        ),
        Argument("since", "What was done from this day on, such as 2026-11-10.", False, _complete_day),
    ),
)
