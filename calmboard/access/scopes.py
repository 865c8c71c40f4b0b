"""Scopes: what a credential may be used for."""

from collections.abc import Iterable

NOUNS = ("projects", "boards", "tasks", "sprints", "comments", "members", "keys", "webhooks", "connections", "imports")
SCOPES = tuple(f"{noun}:{verb}" for noun in NOUNS for verb in ("read", "write"))

# The scopes of an application that requests none: read-only.
DEFAULT_SCOPES = frozenset(f"{noun}:read" for noun in ("projects", "boards", "tasks", "sprints", "comments", "members"))

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
# What a program may do by each, as the consent page and the API's description say it.
WRITE_WORDS = {
    "projects:write": "Change projects",
    "boards:write": "Change boards",
    "tasks:write": "Create, change, move and delete tasks",
    "sprints:write": "Plan, start and complete sprints",
    "comments:write": "Write comments",
    "members:write": "Invite and remove people",
}
# Credentials are created and changed in a session only, so there is nothing to write.
READ_ONLY = frozenset({"keys"})
# Scopes that some endpoint requires. The others are reserved, and nobody consents to what does not exist yet.
USABLE = frozenset(f"{noun}:read" for noun in GRANTABLE) | {f"{noun}:write" for noun in GRANTABLE if noun not in READ_ONLY}


def expand(scopes: Iterable[str]) -> frozenset[str]:
    """Add `x:read` wherever there is `x:write`."""
    requested = frozenset(scopes)
    return requested | {f"{scope.removesuffix(':write')}:read" for scope in requested if scope.endswith(":write")}


def describe_scope(scope: str) -> str:
    """A sentence that says what a scope is for."""
    if scope not in USABLE:
        return "Not used yet."
    noun, _, verb = scope.partition(":")
    return f"See {noun}." if verb == "read" else f"{WRITE_WORDS[scope]}; includes {noun}:read."


def unknown(scopes: Iterable[str]) -> list[str]:
    return sorted(set(scopes) - set(SCOPES))
