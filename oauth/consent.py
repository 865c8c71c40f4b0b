"""What the consent page shows of a request, and what a person chose on it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request

from calmboard.access.access import Access
from calmboard.access.credentials.keys import MAX_PROJECTS
from calmboard.access.oauth.app_names import is_cut
from calmboard.access.oauth.clients import Client
from calmboard.access.oauth.redirect_uris import is_loopback
from calmboard.access.scopes import GRANTABLE, WRITE_WORDS
from calmboard.work.project_choice import MOST_TICKS, project_names
from oauth.answers import origin

# What the page adds to the request, and what is read from nowhere else.
CHOICES = ("csrf_token", "decision", "right", "reach", "project", "projects_after")

# The rights that are asked for as one, in the order of the page. None of the nouns has one by itself.
_READ_WORDS = {
    "projects": "projects",
    "boards": "boards",
    "tasks": "tasks",
    "sprints": "sprints",
    "comments": "comments",
    "members": "the people in them",
    "keys": "your keys’ names",
}


class NothingChosen(Exception):
    """What a person has to choose before anything is granted; the message is for them."""


@dataclass(frozen=True, slots=True)
class About:
    """Who asks and where it leads. `whole_name` is None where nothing was cut off for `name`."""

    name: str
    whole_name: str | None
    is_own: bool
    sends_to: str
    is_loopback: bool
    resource: str
    reaches: str


@dataclass(frozen=True, slots=True)
class Right:
    """A line of the page; `scope` None: not to be unticked, since nothing works without it."""

    words: str
    scope: str | None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What stands chosen on the page, by the values of its fields."""

    reach: str | None
    scopes: frozenset[str]
    project_ids: frozenset[str]


def describe(client: Client, redirect_uri: str, resource: str) -> About:
    parts = urlsplit(redirect_uri)
    sends_to = parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}://{parts.netloc}"
    reaches = "The MCP server" if resource != origin() else "The REST API"
    name = client.shown_name
    whole_name = client.name if is_cut(client.name) else None
    return About(name, whole_name, client.kind == "own", sends_to, is_loopback(redirect_uri), resource, reaches)


def asks_for(scopes: frozenset[str]) -> list[Right]:
    """One line for all that is read, then one to untick for each write."""
    read = [_READ_WORDS[noun] for noun in GRANTABLE if f"{noun}:read" in scopes]
    lines = [Right(f"See {_listed(read)}", None, "Only those you can see yourself")] if read else []
    return lines + [Right(words, scope) for scope, words in WRITE_WORDS.items() if scope in scopes]


def chosen_scopes(asked: frozenset[str]) -> frozenset[str]:
    """What is read, and the writes that were left ticked; never more than was asked for."""
    ticked = set(request.form.getlist("right"))
    return frozenset(scope for scope in asked if scope.endswith(":read") or scope in ticked)


def chosen_projects(access: Access) -> frozenset[str] | None:
    """The ticked ones of a person's projects, or None for all, now and later. Raises NothingChosen where neither was said."""
    reach = request.form.getlist("reach")
    if reach == ["all"]:
        return None
    if reach != ["some"]:
        raise NothingChosen("Choose in which projects it may work.")
    asked = set(request.form.getlist("project"))
    if len(asked) > MAX_PROJECTS:
        raise NothingChosen(f"Tick at most {MAX_PROJECTS} projects, or choose all that you can see.")
    ticked = frozenset(project_names(access, asked))
    if not ticked:
        raise NothingChosen("Tick at least one project, or choose all that you can see.")
    return ticked


def sent_choices() -> Chosen:
    """The choices as they were sent, so that they stand there when the person is asked again."""
    form = request.form
    return Chosen(form.get("reach"), frozenset(form.getlist("right")), frozenset(form.getlist("project")[:MOST_TICKS]))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
