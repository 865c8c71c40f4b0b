"""What happened in a project."""

from typing import Annotated, Any, Literal

from msgspec import Struct

from api.shapes.values import BoardId, Person, TaskId, Time, about, id_of


class Through(Struct):
    """The key or token that a change came through."""

    id: Annotated[str, about("Its id.", "key_01m86ffkj1eyt9k86t46h61k8b")]
    name: Annotated[str, about("Its name at that time.", "Jira sprint mirror")]


class Happening(Struct):
    """One change: who did what, through which credential."""

    id: Annotated[str, id_of("act")]
    at: Time
    what: Annotated[str, about("What was done to what.", "task.created")]
    subject_id: Annotated[str, about("The id of what was changed; it may be deleted by now.", "tsk_01m86ffkj1eyt9k86t46h61k8b")]
    board_id: BoardId | None
    task_id: TaskId | None
    changes: Annotated[dict[str, Any], about("The new values of what was changed.", {"title": "Refund partial captures"})]
    actor: Person | None
    source: Annotated[Literal["session", "key", "token"], about("By hand on a page, or by a key or token.", "key")]
    credential: Through | None
