"""The nouns of the API in the order in which a reader meets them."""

from typing import NamedTuple


class ApiResource(NamedTuple):
    """`path` is where its resources are found under /api/v1."""

    name: str
    path: str
    lead: str


NOUNS = {
    "me": ApiResource("Who am I", "/me", "Whom a credential acts as, and what it may do. The first call for a new key."),
    "projects": ApiResource("Projects", "/projects", "A project holds boards and the people who work on them."),
    "members": ApiResource(
        "Members", "/projects/{project_id}/members", "The people of a project, each with a role, and those invited."
    ),
    "boards": ApiResource("Boards", "/boards", "A board of a project, with its five columns from Backlog to Done."),
    "tasks": ApiResource("Tasks", "/tasks", "A piece of work on a board, in one of five columns; it can be blocked or pinned."),
    "checklists": ApiResource("Checklists", "/checklist-items", "The steps of a task, to be ticked one by one."),
    "comments": ApiResource("Comments", "/comments", "What people say about a task, in Markdown."),
    "attachments": ApiResource("Attachments", "/attachments", "Files and links on a task."),
    "labels": ApiResource("Labels", "/labels", "Words with a colour that a project's tasks can carry."),
    "sprints": ApiResource(
        "Sprints", "/sprints", "A stretch of time and the tasks planned for it; a board has one active sprint at most."
    ),
    "reports": ApiResource(
        "Reports", "/boards/{board_id}/reports", "How a board is doing: velocity, throughput, burndown, cycle time."
    ),
    "activity": ApiResource(
        "Activity", "/projects/{project_id}/activity", "Who did what in a project, when, and by which credential."
    ),
    "keys": ApiResource("Keys", "/keys", "Your own API keys, to look at. A key can end itself."),
}
