"""The nouns of the API in the order in which a reader meets them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class ApiResource(NamedTuple):
    """`path` is where its resources are found under /api/v1; `ids` are the parameters of paths that name one by its id."""

    name: str
    path: str
    lead: str
    ids: Mapping[str, str] = MappingProxyType({})


NOUNS = {
    "me": ApiResource("Who am I", "/me", "Whom a credential acts as, and what it may do. The first call for a new key."),
    "projects": ApiResource(
        "Projects", "/projects", "A project holds boards and the members who work on them.", {"project_id": "prj"}
    ),
    "members": ApiResource(
        "Members",
        "/projects/{project_id}/members",
        "The members of a project, each with a role, and those invited.",
        {"user_id": "usr", "invitation_id": "inv"},
    ),
    "boards": ApiResource(
        "Boards", "/boards", "A board of a project, with its five columns from Backlog to Done.", {"board_id": "brd"}
    ),
    "tasks": ApiResource(
        "Tasks", "/tasks", "A piece of work on a board, in one of five columns; it can be blocked or pinned.", {"task_id": "tsk"}
    ),
    "checklists": ApiResource(
        "Checklists", "/checklist-items", "The steps of a task, to be ticked one by one.", {"item_id": "chk"}
    ),
    "comments": ApiResource("Comments", "/comments", "What members say about a task, in Markdown.", {"comment_id": "cmt"}),
    "attachments": ApiResource("Attachments", "/attachments", "Files and links on a task.", {"attachment_id": "att"}),
    "labels": ApiResource("Labels", "/labels", "Words with a colour that a project's tasks can carry.", {"label_id": "lbl"}),
    "sprints": ApiResource(
        "Sprints",
        "/sprints",
        "A stretch of time and the tasks planned for it; a board has one active sprint at most.",
        {"sprint_id": "spr"},
    ),
    "reports": ApiResource(
        "Reports", "/boards/{board_id}/reports", "How a board is doing: velocity, throughput, burndown, cycle time."
    ),
    "activity": ApiResource(
        "Activity", "/projects/{project_id}/activity", "Who did what in a project, when, and by which credential."
    ),
    "keys": ApiResource("Keys", "/keys", "Your own API keys, to look at. A key can end itself.", {"key_id": "key"}),
    "audit": ApiResource(
        "Audit log", "/audit", "Who changed what your credentials, apps and sessions may do, or those of a project."
    ),
    "requests": ApiResource(
        "Requests", "/requests", "The log of the calls that your keys and apps made, and why some were refused."
    ),
}

# The parameters of paths that hold an id of ours, with what it begins with.
ID_PREFIXES = {name: prefix for noun in NOUNS.values() for name, prefix in noun.ids.items()}
