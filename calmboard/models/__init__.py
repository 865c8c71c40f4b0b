"""The tables. Importing this package knows them all."""

from calmboard.models.access import (
    ApiKey,
    IdempotentRequest,
    KeyNetwork,
    Passkey,
    PasswordReset,
    RecoveryCode,
    SecondFactor,
    SessionToken,
    UserSession,
)
from calmboard.models.audit import AuditEntry
from calmboard.models.discussion import Attachment, ChecklistItem, Comment
from calmboard.models.events import Activity, OutboxMessage, StoppedAddress
from calmboard.models.oauth import (
    AppMaintainer,
    MadeApp,
    OAuthAccessToken,
    OAuthClient,
    OAuthCode,
    OAuthGrant,
    OAuthRefreshToken,
)
from calmboard.models.people import EmailChange, User
from calmboard.models.requests import LoggedCall, RequestLogGap, UsageDay, UsageHour
from calmboard.models.text_index import EXTENSIONS
from calmboard.models.waiting import KeptForm, PasskeyChallenge, WaitingSecret
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
    "AppMaintainer",
    "Attachment",
    "AuditEntry",
    "Board",
    "ChecklistItem",
    "Comment",
    "EmailChange",
    "ExternalTask",
    "IdempotentRequest",
    "Invitation",
    "KeptForm",
    "KeyNetwork",
    "Label",
    "LoggedCall",
    "MadeApp",
    "Membership",
    "OAuthAccessToken",
    "OAuthClient",
    "OAuthCode",
    "OAuthGrant",
    "OAuthRefreshToken",
    "OutboxMessage",
    "Passkey",
    "PasskeyChallenge",
    "PasswordReset",
    "Project",
    "RecoveryCode",
    "RequestLogGap",
    "SecondFactor",
    "SessionToken",
    "Sprint",
    "SprintTask",
    "StoppedAddress",
    "Task",
    "TaskAssignee",
    "TaskCounter",
    "TaskLabel",
    "UsageDay",
    "UsageHour",
    "User",
    "UserSession",
    "WaitingSecret",
]
