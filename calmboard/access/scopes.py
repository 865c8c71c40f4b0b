"""Scopes: what a credential may be used for. Whatever lists, grants or explains them is derived from one table."""

from collections.abc import Iterable
from dataclasses import dataclass

from calmboard.models.work import Role


@dataclass(frozen=True, slots=True)
class Scope:
    """The rights to read and to write one noun. Everybody in a project reads there; `roles` write.

    `reads` follows “See” on the consent page. `writes` is None where there is nothing to write. `grantable` once something
    uses it: nobody is asked for what does not exist yet. `by_default`: read by those who request nothing in particular.
    `can_read` and `can_write` are lines of a key's preview, where {amount} is “3 tasks”, or the noun if nobody counts it.
    """

    noun: str
    label: str
    reads: str
    writes: str | None
    roles: tuple[Role, ...]
    grantable: bool
    by_default: bool = False
    can_read: str = "Read {amount} in {projects}"
    can_write: str = "Read and change {amount} in {projects}"

    @property
    def read(self) -> str:
        return f"{self.noun}:read"

    @property
    def write(self) -> str:
        return f"{self.noun}:write"


_ADMINS: tuple[Role, ...] = ("owner", "admin")
_MEMBERS: tuple[Role, ...] = (*_ADMINS, "member")

SCOPE_TABLE = (
    Scope(
        "projects",
        "Projects",
        "projects",
        "Change projects",
        _ADMINS,
        grantable=True,
        by_default=True,
        can_read="Read {projects}",
        can_write="Read and change {projects}",
    ),
    Scope("boards", "Boards", "boards", "Change boards", _ADMINS, grantable=True, by_default=True),
    Scope("tasks", "Tasks", "tasks", "Create, change, move and delete tasks", _MEMBERS, grantable=True, by_default=True),
    Scope("sprints", "Sprints", "sprints", "Plan, start and complete sprints", _MEMBERS, grantable=True, by_default=True),
    Scope(
        "comments",
        "Comments",
        "comments",
        "Write comments",
        _MEMBERS,
        grantable=True,
        by_default=True,
        can_read="Read comments in {projects}",
        can_write="Read and write comments, and change your own, in {projects}",
    ),
    Scope(
        "members",
        "Members",
        "the members of your projects",
        "Invite and remove members",
        _ADMINS,
        grantable=True,
        by_default=True,
        can_read="See who is in {projects}",
        can_write="See and change who is in {projects}",
    ),
    # Credentials are created and changed in a session only.
    Scope(
        "keys",
        "Keys",
        "your keys’ names",
        None,
        (),
        grantable=True,
        can_read="See which keys you have, and never the keys themselves",
    ),
    Scope("webhooks", "Webhooks", "webhooks", "Create, change and delete webhooks", _ADMINS, grantable=False),
    Scope("connections", "Connections", "connections", "Connect other tools", _ADMINS, grantable=False),
    Scope("imports", "Imports", "imports", "Import from other tools", _ADMINS, grantable=False),
)
SCOPES = tuple(name for scope in SCOPE_TABLE for name in (scope.read, scope.write))
GRANTABLE = {scope.noun: scope for scope in SCOPE_TABLE if scope.grantable}
# The scopes that can be granted, and so the only ones that any document advertises; the others are reserved.
OFFERED = tuple(name for scope in GRANTABLE.values() for name in (scope.read, *([scope.write] if scope.writes else [])))
USABLE = frozenset(OFFERED)
# The scopes of an application that requests none: read-only.
DEFAULT_SCOPES = frozenset(scope.read for scope in SCOPE_TABLE if scope.by_default)


def expand(scopes: Iterable[str]) -> frozenset[str]:
    """Add `x:read` wherever there is `x:write`."""
    requested = frozenset(scopes)
    return requested | {f"{scope.removesuffix(':write')}:read" for scope in requested if scope.endswith(":write")}


def describe_scope(name: str) -> str:
    """A sentence that says what a scope that is offered is for."""
    noun, _, verb = name.partition(":")
    return f"See {noun}." if verb == "read" else f"{GRANTABLE[noun].writes}; includes {noun}:read."


def unknown(scopes: Iterable[str]) -> list[str]:
    return sorted(set(scopes) - set(SCOPES))
