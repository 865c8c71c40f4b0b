"""What an agent names instead of giving its id, looked up where it is used; every error names its argument."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calmboard.access.access import Access
from calmboard.errors import FieldError, ValidationFailed
from calmboard.work.named import EVERYWHERE, Kind, Within, is_final, resolve_name, resolve_names
from calmboard.work.tasks.lifecycle import read_task
from calmboard.work.visible_resources import require_visible

# What the values of a task name.
_KINDS: dict[str, Kind] = {
    "assignees": "person",
    "add": "person",
    "remove": "person",
    "only": "person",
    "labels": "label",
    "add_assignees": "person",
    "remove_assignees": "person",
    "add_labels": "label",
    "remove_labels": "label",
    "sprint_id": "sprint",
}


def task_id_of(access: Access, name: str, argument: str = "task_id", board_id: str | None = None) -> str:
    return resolve_name(access, "task", name, f"/{argument}", Within(board_id=board_id))


def task_ids_of(access: Access, names: Sequence[str], argument: str, board_id: str | None = None) -> list[str]:
    return resolve_names(access, "task", names, f"/{argument}", Within(board_id=board_id))


def board_id_of(access: Access, name: str) -> str:
    return resolve_name(access, "board", name, "/board_id")


def sprint_id_of(access: Access, name: str, argument: str = "sprint_id", board_id: str | None = None) -> str:
    return resolve_name(access, "sprint", name, f"/{argument}", Within(board_id=board_id))


def values_by_id(access: Access, values: Mapping[str, Any], board: Callable[[], str | None]) -> dict[str, Any]:
    """The values of a task, with ids for the people, labels and sprints that they name.

    `board` tells the id of the board where names are looked up, and is asked only where there is a name.
    Raises ValidationFailed with every name that nothing, or more than one thing, has.
    """
    found, errors = dict(values), list[FieldError]()
    for argument in values.keys() & _KINDS.keys():
        try:
            found[argument] = _ids(access, argument, values[argument], board)
        except ValidationFailed as problem:
            errors += problem.errors
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return found


def board_of_task(access: Access, task_id: str) -> Callable[[], str]:
    return lambda: read_task(access, task_id).board_id


def on_board(access: Access, board_id: str) -> Callable[[], str]:
    def board() -> str:
        require_visible(access, [board_id])
        return board_id

    return board


def _ids(access: Access, argument: str, named: str | Sequence[str] | None, board: Callable[[], str | None]) -> Any:
    if not named:
        return named
    kind, names = _KINDS[argument], [named] if isinstance(named, str) else named
    within = EVERYWHERE if is_final(kind, names) else Within(board_id=board())
    if isinstance(named, str):
        return resolve_name(access, kind, named, f"/{argument}", within)
    return resolve_names(access, kind, named, f"/{argument}", within)
