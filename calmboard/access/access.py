"""The caller: a person, through which interface, restricted by which credential."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

# The last use of a credential is recorded at most once in this time.
USE_RECORD_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    email: str
    plan: str


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key or token. `project_ids` is None where every project of its user is accessible.

    A key may be used from its `networks` only, and have fewer requests than its plan. Where it was replaced, it ends at
    `expires_at`.
    """

    kind: Literal["api_key", "oauth_token"]
    id: str
    name: str
    last4: str
    scopes: frozenset[str]
    project_ids: frozenset[str] | None
    expires_at: datetime | None
    last_used_at: datetime | None
    networks: tuple[str, ...] | None = None
    window_limit: int | None = None
    replaced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CredentialUse:
    """One use of a credential. `code` and `reason` are those of a refusal, the reason as a sentence."""

    ip: str | None
    agent: str | None
    endpoint: str
    status: int
    code: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Access:
    """The first parameter of every function that checks permissions. A credential only restricts its user.

    `limited_to`: the projects that are visible now, where what is read may still show others, or admins cut the credential
    off from some.
    """

    user: Person
    source: Literal["session", "key", "token"]
    credential: Credential | None = None
    limited_to: frozenset[str] | None = None

    @classmethod
    def from_session(cls, person: Person) -> "Access":
        return cls(person, "session")

    @property
    def project_ids(self) -> frozenset[str] | None:
        if self.limited_to is not None:
            return self.limited_to
        return self.credential.project_ids if self.credential else None

    @property
    def is_limited(self) -> bool:
        """Whether the credential is for some projects by its owner's choice; one that was cut off from some is for all others."""
        return self.credential is not None and self.credential.project_ids is not None

    def has_scope(self, scope: str) -> bool:
        return self.credential is None or scope in self.credential.scopes
