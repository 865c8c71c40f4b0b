"""The tables. Importing this package knows them all."""

from calmboard.models.access import ApiKey, IdempotentRequest, PasswordReset, SessionToken, UserSession
from calmboard.models.audit import AuditEntry
from calmboard.models.discussion import Attachment, ChecklistItem, Comment
from calmboard.models.events import Activity, OutboxMessage, StoppedAddress
from calmboard.models.oauth import OAuthAccessToken, OAuthClient, OAuthCode, OAuthGrant, OAuthRefreshToken
from calmboard.models.people import User
from calmboard.models.text_index import EXTENSIONS
from calmboard.models.work import (
    Board,
    ExternalTask,
    Invitation,
    Label,
    Membership,
    Project,
    Sprint,
    SprintTask,
    Task,
    TaskAssignee,
    TaskCounter,
    TaskLabel,
)

__all__ = [
    "EXTENSIONS",
    "Activity",
    "ApiKey",
    "Attachment",
    "AuditEntry",
    "Board",
    "ChecklistItem",
    "Comment",
    "ExternalTask",
    "IdempotentRequest",
    "Invitation",
    "Label",
    "Membership",
    "OAuthAccessToken",
    "OAuthClient",
    "OAuthCode",
    "OAuthGrant",
    "OAuthRefreshToken",
    "OutboxMessage",
    "PasswordReset",
    "Project",
    "SessionToken",
    "Sprint",
    "SprintTask",
    "StoppedAddress",
    "Task",
    "TaskAssignee",
    "TaskCounter",
    "TaskLabel",
    "User",
    "UserSession",
]
