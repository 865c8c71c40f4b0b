"""What the consent page shows of a request, and what a person chose on it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request
from werkzeug.datastructures import MultiDict

from calmboard.access.access import Access, Person
from calmboard.access.credentials.keys import MAX_PROJECTS
from calmboard.access.oauth.app_names import is_truncated
from calmboard.access.oauth.clients import Client
from calmboard.access.oauth.made_apps import App, find_app
from calmboard.access.oauth.redirect_uris import is_loopback
from calmboard.access.scopes import GRANTABLE
from calmboard.work.project_choice import MAX_SELECTED, project_names
from web.origin import origin
from web.project_choice import FIELDS, NO_SEARCH, ProjectSearch, read_search

# The fields that the page adds to those of the request.
CHOICES = ("csrf_token", "decision", "right", "reach", "project", *FIELDS)
_NOT_YOURS = "One of these projects is not yours any more, and was taken out. Look the others through and send it again."


class MissingChoice(Exception):
    """What a person has to choose before anything is granted; the message is for them."""


@dataclass(frozen=True, slots=True)
class RequestSummary:
    """The client and where it redirects. `whole_name` is None where `name` is not shortened; `app` is what whoever made it
    says of it, None where it registered itself; `is_own`: the reader made it.
    """

    name: str
    whole_name: str | None
    is_own: bool
    sends_to: str
    is_loopback: bool
    resource: str
    resource_name: str
    app: App | None


@dataclass(frozen=True, slots=True)
class Right:
    """A line of the page; `scope` None: cannot be deselected, since nothing works without it."""

    words: str
    scope: str | None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """The values of the fields of the consent form."""

    reach: str | None
    scopes: frozenset[str]
    project_ids: frozenset[str]
    search: ProjectSearch = NO_SEARCH


def summarize_request(reader: Person, client: Client, redirect_uri: str, resource: str) -> RequestSummary:
    resource_name = "The MCP server" if resource != origin() else "The REST API"
    name = client.shown_name
    whole_name = client.name if is_truncated(client.name) else None
    app = find_app(client.id)
    is_own = app is not None and app.maker_id == reader.id
    where = (shown_address(redirect_uri), is_loopback(redirect_uri), resource, resource_name)
    return RequestSummary(name, whole_name, is_own, *where, app)


def shown_address(redirect_uri: str) -> str:
    """Where a redirect leads, as a person can judge it: the host, or a program's own scheme."""
    parts = urlsplit(redirect_uri)
    return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}://{parts.netloc}"


def requested_rights(scopes: frozenset[str]) -> list[Right]:
    """One line for all that is read, then one to deselect for each write."""
    read = [scope.reads for scope in GRANTABLE.values() if scope.read in scopes]
    lines = [Right(f"See {_join_words(read)}", None, "Only those you can see yourself")] if read else []
    return lines + [Right(scope.writes, scope.write) for scope in GRANTABLE.values() if scope.writes and scope.write in scopes]


def selected_scopes(requested: frozenset[str]) -> frozenset[str]:
    """The read scopes, and the selected write scopes; never more than was requested."""
    selected = set(request.form.getlist("right"))
    return frozenset(scope for scope in requested if scope.endswith(":read") or scope in selected)


def selected_projects(access: Access) -> frozenset[str] | None:
    """The selected ones of a person's projects, or None for all, now and later. Raises MissingChoice where neither was sent."""
    reach = request.form.getlist("reach")
    if reach == ["all"]:
        return None
    if reach != ["some"]:
        raise MissingChoice("Choose in which projects it may work.")
    requested = set(request.form.getlist("project"))
    if len(requested) > MAX_PROJECTS:
        raise MissingChoice(f"Tick at most {MAX_PROJECTS:,} projects, or choose all that you can see.")
    selected = frozenset(project_names(access, requested))
    if not selected:
        raise MissingChoice("Tick at least one project, or choose all that you can see.")
    if selected != requested:
        raise MissingChoice(_NOT_YOURS)
    return selected


def read_consent_form(fields: MultiDict[str, str] | None = None) -> ConsentForm:
    """The choices as they were sent, or kept, to show the form with them again."""
    form = request.form if fields is None else fields
    project_ids = frozenset(form.getlist("project")[:MAX_SELECTED])
    return ConsentForm(form.get("reach"), frozenset(form.getlist("right")), project_ids, read_search(form))


def _join_words(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
