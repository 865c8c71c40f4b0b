"""The three steps of OAuth with a reader's own values: an address to open, and two commands to run."""

import secrets
from dataclasses import dataclass, field
from shlex import quote as shell_quoted
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from calmboard.access.oauth.clients import Client
from calmboard.access.oauth.redirect_uris import is_same
from web.origin import origin

SCOPE = "projects:read tasks:read"
CODE_PLACEHOLDER = "cbc_…"
BEARER_PLACEHOLDER = "cbo_…"


@dataclass(frozen=True, slots=True)
class ExampleAuthorization:
    """An authorization request that the reader could make now. The verifier is no secret before the request is used."""

    client_id: str
    callback: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(9))

    @property
    def challenge(self) -> str:
        return str(create_s256_code_challenge(self.verifier))

    @property
    def user_values(self) -> tuple[str, ...]:
        """The values in address and command that are the reader's own."""
        in_address = (quote(self.callback, safe=""), self.challenge, self.state)
        return (self.client_id, *in_address, shell_quoted(self.callback), self.verifier, CODE_PLACEHOLDER)


def playground_url() -> str:
    return f"{origin()}/oauth/callback"


def first_callback(client: Client) -> str:
    """The first address of a client; that of the playground is on the current port, whatever port it was saved with."""
    first = client.redirect_uris[0]
    return playground_url() if is_same(first, playground_url()) else first


def authorize_path(authorization: ExampleAuthorization) -> str:
    """The path to send the person to, below our origin."""
    query = {
        "response_type": "code",
        "client_id": authorization.client_id,
        "redirect_uri": authorization.callback,
        "resource": origin(),
        "scope": SCOPE,
        "state": authorization.state,
        "code_challenge": authorization.challenge,
        "code_challenge_method": "S256",
    }
    return f"/api/oauth/authorize?{urlencode(query, quote_via=quote, safe='')}"


def token_command(authorization: ExampleAuthorization, code: str = CODE_PLACEHOLDER) -> str:
    lines = (
        f"curl {origin()}/api/oauth/token",
        "-d grant_type=authorization_code",
        f"-d code={code}",
        f"-d client_id={authorization.client_id}",
        f"--data-urlencode redirect_uri={shell_quoted(authorization.callback)}",
        f"-d code_verifier={authorization.verifier}",
        f"-d resource={origin()}",
    )
    return " \\\n  ".join(lines)


def api_command(token: str = BEARER_PLACEHOLDER) -> str:
    return f'curl -H "Authorization: Bearer {token}" {origin()}/api/v1/projects'


def register_command() -> str:
    body = '{"client_name": "My agent", "redirect_uris": ["http://127.0.0.1:8765/callback"]}'
    return f"curl {origin()}/api/oauth/register \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"
