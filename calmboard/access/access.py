"""Who asks: a person, through which door, narrowed by which credential."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    email: str
    plan: str


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key or token. `project_ids` is None where every project of its user is in reach."""

    kind: Literal["api_key", "oauth_token"]
    id: str
    name: str
    tail: str
    scopes: frozenset[str]
    project_ids: frozenset[str] | None
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Access:
    """The first argument of every function on the ground floor. A credential only narrows its user."""

    user: Person
    source: Literal["session", "key", "token"]
    credential: Credential | None = None

    @classmethod
    def from_session(cls, person: Person) -> "Access":
        return cls(person, "session")

    @property
    def project_ids(self) -> frozenset[str] | None:
        return self.credential.project_ids if self.credential else None

    def holds(self, scope: str) -> bool:
        return self.credential is None or scope in self.credential.scopes
