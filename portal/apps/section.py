"""The sections on OAuth: the reader's own client with the apps they connected, the steps with their values, the metadata."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from shlex import quote as shell_quoted
from typing import Self
from urllib.parse import quote

from calmboard.access.access import Access
from calmboard.access.oauth.clients import Client, own_client
from calmboard.access.oauth.redirect_uris import MAX_OWN
from portal.apps.callback_fields import CallbackFields
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
from portal.apps.kept_authorization import keep_authorization
from portal.apps.rows import AppRow, connected_apps
from portal.shared.kept import KeptPart
from portal.shared.lists import ListPart
from portal.shared.section import BUILD_WITH_IT, YOUR_ACCESS, Section
from portal.shared.texts.words import count
from web.origin import origin

# What each metadata document describes.
_METADATA = (
    ("/.well-known/oauth-protected-resource", "Where tokens for the REST API come from."),
    ("/.well-known/oauth-protected-resource/mcp", "The same for the MCP server."),
    ("/.well-known/oauth-authorization-server", "Endpoints, scopes and the PKCE method."),
)


@dataclass(frozen=True, slots=True)
class OAuthClientSection(Section):
    """`fields` are the saved addresses, or those that are being edited."""

    template = "apps/_client.html"
    title = "OAuth client"
    anchor = "oauth-client"
    group = YOUR_ACCESS
    order = 50

    client: Client
    fields: CallbackFields
    is_edited: bool
    apps: ListPart[AppRow]

    @classmethod
    def of(cls, access: Access, edited: CallbackFields | None = None) -> Self:
        client = own_client(access.user, origin())
        fields = edited or CallbackFields(client.redirect_uris)
        return cls(client, fields, edited is not None, connected_apps(access))

    @property
    def max_callbacks(self) -> str:
        return count(MAX_OWN)

    @property
    def may_add(self) -> bool:
        return len(self.fields.uris) < MAX_OWN

    @property
    def callbacks_summary(self) -> str:
        """“Two of three used.”"""
        return f"{count(len(self.client.redirect_uris)).capitalize()} of {count(MAX_OWN)} used."


@dataclass(frozen=True, slots=True)
class ThreeSteps(KeptPart):
    """The steps with stand-ins for what is the reader's own, or was made for this view."""

    template = "apps/_three_steps.html"
    code_placeholder = CODE_PLACEHOLDER
    token_placeholder = BEARER_PLACEHOLDER
    in_address = ExampleAuthorization("OWN-CLIENT", "OWN-CALLBACK-IN-ADDRESS", "OWN-VERIFIER", "OWN-STATE")
    in_command = ExampleAuthorization("OWN-CLIENT", "OWN-CALLBACK-IN-COMMAND", "OWN-VERIFIER", "OWN-STATE")

    authorization: ExampleAuthorization

    @property
    def returns_to_playground(self) -> bool:
        return self.authorization.callback == playground_url()

    @property
    def depends_on(self) -> Hashable:
        return self.returns_to_playground

    @property
    def authorize_address(self) -> str:
        return origin() + authorize_path(self.in_address)

    @property
    def token_command(self) -> str:
        return token_command(self.in_command)

    @property
    def api_command(self) -> str:
        return api_command()

    @property
    def own_values(self) -> Mapping[str, str]:
        own = self.authorization
        return {
            self.in_address.client_id: own.client_id,
            self.in_address.callback: quote(own.callback, safe=""),
            self.in_command.callback: shell_quoted(own.callback),
            self.in_address.challenge: own.challenge,
            self.in_address.verifier: own.verifier,
            self.in_address.state: own.state,
        }


@dataclass(frozen=True, slots=True)
class OAuthStepsSection(Section):
    """The three steps with the reader's own client, and the challenge that this browser keeps."""

    template = "apps/_steps.html"
    title = "OAuth in three steps"
    anchor = "oauth-steps"
    group = BUILD_WITH_IT
    order = 60

    steps: ThreeSteps
    playground_url: str
    is_playground_allowed: bool

    @classmethod
    def of(cls, access: Access) -> Self:
        client = own_client(access.user, origin())
        steps = ThreeSteps(keep_authorization(client.id, first_callback(client)))
        return cls(steps, playground_url(), client.allows(playground_url()))


@dataclass(frozen=True, slots=True)
class OAuthMetadataSection(KeptPart, Section):
    """`documents` are paths, each with what it describes."""

    template = "apps/_metadata.html"
    title = "Metadata for agents"
    anchor = "oauth-metadata"
    group = BUILD_WITH_IT
    order = 80
    depends_on = None
    documents = _METADATA

    @classmethod
    def of(cls, _access: Access) -> Self:
        return cls()

    @property
    def register_command(self) -> str:
        return register_command()
