"""The three steps of OAuth with a reader's own values: an address to open, and two commands to run."""

import secrets
from dataclasses import dataclass, field
from shlex import quote as shell_quoted
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import current_app

from calmboard.access.oauth.clients import Client
from calmboard.access.oauth.redirect_uris import is_same

SCOPE = "projects:read tasks:read"
CODE_HERE = "cbc_…"
ACCESS_HERE = "cbo_…"


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
    def yours(self) -> tuple[str, ...]:
        """The values in address and command that are the reader's own."""
        in_address = (quote(self.callback, safe=""), self.challenge, self.state)
        return (self.client_id, *in_address, shell_quoted(self.callback), self.verifier, CODE_HERE)


def origin() -> str:
    found: str = current_app.config["CALMBOARD"].origin
    return found


def rehearsal_address() -> str:
    return f"{origin()}/oauth/callback"


def first_callback(client: Client) -> str:
    """The first address of a client; the rehearsal page is where it answers today, whatever port it was saved with."""
    first = client.redirect_uris[0]
    return rehearsal_address() if is_same(first, rehearsal_address()) else first


def authorize_path(asking: ExampleAuthorization) -> str:
    """Where the person is sent, below our origin."""
    query = {
        "response_type": "code",
        "client_id": asking.client_id,
        "redirect_uri": asking.callback,
        "resource": origin(),
        "scope": SCOPE,
        "state": asking.state,
        "code_challenge": asking.challenge,
        "code_challenge_method": "S256",
    }
    return f"/api/oauth/authorize?{urlencode(query, quote_via=quote, safe='')}"


def token_command(asking: ExampleAuthorization, code: str = CODE_HERE) -> str:
    lines = (
        f"curl {origin()}/api/oauth/token",
        "-d grant_type=authorization_code",
        f"-d code={code}",
        f"-d client_id={asking.client_id}",
        f"--data-urlencode redirect_uri={shell_quoted(asking.callback)}",
        f"-d code_verifier={asking.verifier}",
        f"-d resource={origin()}",
    )
    return " \\\n  ".join(lines)


def api_command(token: str = ACCESS_HERE) -> str:
    return f'curl -H "Authorization: Bearer {token}" {origin()}/api/v1/projects'


def register_command() -> str:
    body = '{"client_name": "My agent", "redirect_uris": ["http://127.0.0.1:8765/callback"]}'
    return f"curl {origin()}/api/oauth/register \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"
