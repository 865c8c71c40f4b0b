"""The tables. Importing this package knows them all."""

from calmboard.models.access import ApiKey, PasswordReset, UserSession
from calmboard.models.people import User
from calmboard.models.work import Board, Membership, Project, Sprint, Task, TaskAssignee

__all__ = [
    "ApiKey",
    "Board",
    "Membership",
    "PasswordReset",
    "Project",
    "Sprint",
    "Task",
    "TaskAssignee",
    "User",
    "UserSession",
]
