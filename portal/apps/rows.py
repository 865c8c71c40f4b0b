"""The rows of the connected apps: each grant in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import SplitResult, urlsplit

from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.access.oauth.connected_apps import Grant, list_grants
from calmboard.pagination import Page
from portal.keys.rows import names_in, projects_of, rights_of, use_of
from portal.shared.lists import asked_part, more_of, part_or_first
from portal.shared.words import initials, listed

PART = "apps_after"
_KINDS = {"own": "your client", "registered": "registered itself", "document": "known by its address"}


@dataclass(frozen=True, slots=True)
class AppRow:
    """`kind` says how CalmBoard knows the app, `hosts` where it is called back, `reaches` which resource."""

    grant: Grant
    letters: str
    kind: str
    hosts: str
    reaches: str
    rights: str
    projects: str
    use: Markup


def apps_part(access: Access, *, changed: bool = False) -> dict[str, Any]:
    """What `_oauth_apps.html` needs: the part that the address asks for, or else the first; `changed` moves the focus to it."""
    page, has_previous = part_or_first(partial(list_grants, access), asked_part(PART, "grn"))
    return {**_rows(access, page), "apps_go_on": has_previous, "apps_changed": changed}


def more_apps_part(access: Access) -> dict[str, Any]:
    """What `_more.html` needs: the next apps."""
    return _rows(access, list_grants(access, asked_part(PART, "grn")))


def app_rows(access: Access, grants: Sequence[Grant]) -> list[AppRow]:
    names = names_in(access, grants)
    return [_row(grant, names) for grant in grants]


def _rows(access: Access, page: Page[Grant]) -> dict[str, Any]:
    more = more_of(page, PART, "portal.integrations", "portal.more_apps", anchor="connected-apps")
    return {"apps": app_rows(access, page.rows), "more_apps": more}


def _row(grant: Grant, names: dict[str, str]) -> AppRow:
    return AppRow(
        grant,
        letters=_letters(grant.shown_name),
        kind=_KINDS[grant.client_kind],
        hosts=_hosts(grant.redirect_uris),
        reaches="MCP" if grant.resource.endswith("/mcp") else "API",
        rights=rights_of(grant.scopes) or listed(sorted(grant.scopes)),
        projects=projects_of(grant, names),
        use=use_of(grant),
    )


def _letters(name: str) -> str:
    name = "".join(sign for sign in name if sign.isprintable())
    return initials(name) if " " in name else name[:2].capitalize()


def _hosts(uris: tuple[str, ...]) -> str:
    """The hosts that an app may be called back at, each once; of a scheme of its own, that."""
    parts = [urlsplit(uri) for uri in uris]
    return listed(list(dict.fromkeys(_host(part) for part in parts)), "or")


def _host(address: SplitResult) -> str:
    return address.hostname if address.scheme in ("http", "https") and address.hostname else f"{address.scheme}://"
