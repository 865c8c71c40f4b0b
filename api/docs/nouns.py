"""The nouns of the API in the order in which a reader meets them."""

from typing import NamedTuple


class Noun(NamedTuple):
    """`path` is where its things are found under /api/v1."""

    name: str
    path: str
    lead: str


NOUNS = {
    "me": Noun("Who am I", "/me", "Whom a credential acts as, and what it may do. The first call for a new key."),
    "projects": Noun("Projects", "/projects", "A project holds boards and the people who work on them."),
    "members": Noun("Members", "/projects/{project_id}/members", "The people of a project, each with a role, and those invited."),
    "boards": Noun("Boards", "/boards", "A board of a project, with its five columns from Backlog to Done."),
    "tasks": Noun("Tasks", "/tasks", "A piece of work on a board, in one of five columns; it can be blocked or pinned."),
    "checklists": Noun("Checklists", "/checklist-items", "The steps of a task, to be ticked one by one."),
    "comments": Noun("Comments", "/comments", "What people say about a task, in Markdown."),
    "attachments": Noun("Attachments", "/attachments", "Files and links on a task."),
    "labels": Noun("Labels", "/labels", "Words with a colour that a project's tasks can carry."),
    "sprints": Noun(
        "Sprints", "/sprints", "A stretch of time and the tasks planned for it; a board has one active sprint at most."
    ),
    "reports": Noun("Reports", "/boards/{board_id}/reports", "How a board is doing: velocity, throughput, burndown, cycle time."),
    "activity": Noun("Activity", "/projects/{project_id}/activity", "Who did what in a project, when, and by which credential."),
    "keys": Noun("Keys", "/keys", "Your own API keys, to look at. A key can end itself."),
}
