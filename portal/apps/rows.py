"""The rows of the connected apps: each grant in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, urlsplit

from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.access.oauth.connected_apps import Grant, list_grants
from calmboard.pagination import MAX_LIMIT, Page, PageRequest
from portal.keys.rows import last_call_of, names_in, projects_of, rights_of, use_of
from portal.shared.blueprint import page_with
from portal.shared.lists import ListPart, next_page, page_or_first, requested_page
from portal.shared.texts.words import listed, monogram

CURSOR_PARAM = "apps_after"
_KINDS = {"own": "your client", "registered": "registered itself", "document": "known by its address"}


@dataclass(frozen=True, slots=True)
class AppRow:
    """`kind` says how the app was registered, or who made it, `hosts` where its callbacks are, `resource` what it can access."""

    grant: Grant
    monogram: str
    kind: str
    hosts: str
    resource: str
    rights: str
    projects: str
    last_call: tuple[Markup, ...]


def connected_apps(access: Access) -> ListPart[AppRow]:
    """The requested part, or else the first."""
    page, has_previous = page_or_first(partial(list_grants, access), requested_page(CURSOR_PARAM, "grn"))
    return _part(access, page, has_previous)


def next_apps(access: Access) -> ListPart[AppRow]:
    return _part(access, list_grants(access, requested_page(CURSOR_PARAM, "grn")))


def app_rows(access: Access, grants: Sequence[Grant]) -> list[AppRow]:
    names = names_in(access, grants)
    return [_row(access, grant, names) for grant in grants]


def latest_grant(access: Access, client_id: str) -> Grant | None:
    """What the reader allowed an app last; None where it is not connected."""
    grants = list_grants(access, PageRequest(limit=MAX_LIMIT)).rows
    return next((grant for grant in grants if grant.client_id == client_id), None)


def _part(access: Access, page: Page[Grant], has_previous: bool = True) -> ListPart[AppRow]:
    more = next_page(page, CURSOR_PARAM, page_with("connected-apps"), "portal.more_apps", anchor="connected-apps")
    return ListPart(app_rows(access, page.rows), more, has_previous)


def _row(access: Access, grant: Grant, names: dict[str, str]) -> AppRow:
    return AppRow(
        grant,
        monogram=monogram(grant.shown_name),
        kind=_KINDS[grant.client_kind] if grant.maker_id in (None, access.user.id) else f"made by {grant.maker}",
        hosts=_hosts(grant.redirect_uris),
        resource="MCP" if grant.resource.endswith("/mcp") else "API",
        rights=rights_of(grant.scopes) or listed(sorted(grant.scopes)),
        projects=projects_of(grant, names),
        last_call=last_call_of(grant) if grant.resource.endswith("/mcp") else (use_of(grant),),
    )


def _hosts(uris: tuple[str, ...]) -> str:
    """The hosts of an app's callbacks, each once; for a private-use scheme, the scheme."""
    parts = [urlsplit(uri) for uri in uris]
    return listed(list(dict.fromkeys(_host(part) for part in parts)), "or")


def _host(address: SplitResult) -> str:
    return address.hostname if address.scheme in ("http", "https") and address.hostname else f"{address.scheme}://"
