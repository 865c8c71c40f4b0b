"""What the page says about OAuth: the reader's own client, the apps they connected, the steps with their values."""

from collections.abc import Sequence
from typing import Any

from calmboard.access.access import Access
from calmboard.access.oauth.clients import Client, own_client
from calmboard.access.oauth.redirect_uris import MAX_OWN
from calmboard.errors import FieldError
from portal.apps.examples import (
    BEARER_PLACEHOLDER,
    CODE_PLACEHOLDER,
    ExampleAuthorization,
    api_command,
    authorize_path,
    first_callback,
    playground_url,
    register_command,
    token_command,
)
from portal.apps.rows import apps_section
from portal.shared.words import count
from web.origin import origin

# What each metadata document describes.
_METADATA = (
    ("/.well-known/oauth-protected-resource", "Where tokens for the REST API come from."),
    ("/.well-known/oauth-protected-resource/mcp", "The same for the MCP server."),
    ("/.well-known/oauth-authorization-server", "Endpoints, scopes and the PKCE method."),
)


def oauth_section(access: Access, text: str | None = None, errors: Sequence[FieldError] = ()) -> dict[str, Any]:
    """The context of `apps/_client.html`, `_steps.html` and `_metadata.html`; `text` is the submitted value if it has errors."""
    client = own_client(access.user, origin())
    return {
        "client": client,
        "callbacks": ",\n".join(client.redirect_uris) if text is None else text,
        "callback_errors": errors,
        "callbacks_summary": _summary(client),
        "max_callbacks": count(MAX_OWN),
        "metadata": _METADATA,
        "register_command": register_command(),
        **steps_section(client),
        **apps_section(access),
    }


def steps_section(client: Client) -> dict[str, Any]:
    """The three steps with the reader's own client, and a challenge made for this view."""
    authorization = ExampleAuthorization(client.id, first_callback(client))
    return {
        "authorization": authorization,
        "authorize_address": origin() + authorize_path(authorization),
        "token_command": token_command(authorization),
        "api_command": api_command(),
        "code_placeholder": CODE_PLACEHOLDER,
        "token_placeholder": BEARER_PLACEHOLDER,
        "playground_url": playground_url(),
        "is_playground_allowed": client.allows(playground_url()),
        "returns_to_playground": authorization.callback == playground_url(),
    }


def _summary(client: Client) -> str:
    """“Two of three used.”"""
    return f"{count(len(client.redirect_uris)).capitalize()} of {count(MAX_OWN)} used."
