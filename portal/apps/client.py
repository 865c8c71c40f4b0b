"""What the page says about OAuth: the reader's own client, the apps they connected, the steps with their values."""

from collections.abc import Sequence
from typing import Any

from calmboard.access.access import Access
from calmboard.access.oauth.clients import Client, own_client
from calmboard.access.oauth.redirect_uris import MAX_OWN
from calmboard.errors import FieldError
from portal.apps.examples import (
    ACCESS_HERE,
    CODE_HERE,
    ExampleAuthorization,
    api_command,
    authorize_path,
    first_callback,
    origin,
    register_command,
    rehearsal_address,
    token_command,
)
from portal.apps.rows import apps_part
from portal.shared.words import count

# What each address of the metadata tells.
_METADATA = (
    ("/.well-known/oauth-protected-resource", "Where tokens for the REST API come from."),
    ("/.well-known/oauth-protected-resource/mcp", "The same for the MCP server."),
    ("/.well-known/oauth-authorization-server", "Endpoints, scopes and the PKCE method."),
)


def oauth_part(access: Access, typed: str | None = None, faults: Sequence[FieldError] = ()) -> dict[str, Any]:
    """What the `_oauth_*.html` need; `typed` is what stood in the form where it has faults."""
    client = own_client(access.user, origin())
    return {
        "client": client,
        "callbacks": ",\n".join(client.redirect_uris) if typed is None else typed,
        "callback_faults": faults,
        "callbacks_summary": _summary(client),
        "max_callbacks": count(MAX_OWN),
        "metadata": _METADATA,
        "register_command": register_command(),
        **steps_part(client),
        **apps_part(access),
    }


def steps_part(client: Client) -> dict[str, Any]:
    """The three steps with the reader's own client, and a challenge made for this view."""
    asking = ExampleAuthorization(client.id, first_callback(client))
    return {
        "asking": asking,
        "authorize_address": origin() + authorize_path(asking),
        "token_command": token_command(asking),
        "api_command": api_command(),
        "code_here": CODE_HERE,
        "access_here": ACCESS_HERE,
        "rehearsal_address": rehearsal_address(),
        "may_rehearse": client.allows(rehearsal_address()),
        "comes_back_here": asking.callback == rehearsal_address(),
    }


def _summary(client: Client) -> str:
    """“Two of three used.”"""
    return f"{count(len(client.redirect_uris)).capitalize()} of {count(MAX_OWN)} used."
