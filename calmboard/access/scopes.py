"""Scopes: what a credential may be used for."""

from collections.abc import Iterable

NOUNS = ("projects", "boards", "tasks", "sprints", "comments", "members", "keys", "webhooks", "connections", "imports")
SCOPES = tuple(f"{noun}:{verb}" for noun in NOUNS for verb in ("read", "write"))

# What an application gets that asks for nothing in particular: to look, and to change nothing.
READING = frozenset(f"{noun}:read" for noun in ("projects", "boards", "tasks", "sprints", "comments", "members"))

# What a person can choose today: nouns that have endpoints, with the words of the form.
GRANTABLE = {
    "projects": "Projects",
    "boards": "Boards",
    "tasks": "Tasks",
    "sprints": "Sprints",
    "comments": "Comments",
    "members": "People",
    "keys": "Keys",
}
# Credentials are made and changed in a session only, so there is nothing to write.
READ_ONLY = frozenset({"keys"})


def expand(scopes: Iterable[str]) -> frozenset[str]:
    """Add `x:read` wherever there is `x:write`."""
    given = frozenset(scopes)
    return given | {f"{scope.removesuffix(':write')}:read" for scope in given if scope.endswith(":write")}


def unknown(scopes: Iterable[str]) -> list[str]:
    return sorted(set(scopes) - set(SCOPES))
