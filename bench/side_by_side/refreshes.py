"""Refresh tokens of new grants, for each sample some of its own: a token is used once, and some are lost on the way."""

import json
import secrets
from urllib.parse import urlencode
from urllib.request import urlopen

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask

from bench.side_by_side.filled import person
from bench.side_by_side.load import Request
from bench.side_by_side.servers import Server
from calmboard.access.access import Access
from calmboard.access.oauth import grants
from calmboard.access.oauth.clients import own_client
from calmboard.settings import Settings
from wsgi import create_app

_GRANTS = 96
_SCOPES = frozenset(("projects:read", "tasks:read", "tasks:write"))


def our_refreshes(server: Server) -> list[Request]:
    """Of the first person's own client, as if they had consented so many times."""
    settings = server.filled.settings
    with _app_of(settings).app_context():
        client, verifier = own_client(person(1), settings.origin), secrets.token_urlsafe(48)
        callback, challenge = client.redirect_uris[0], create_s256_code_challenge(verifier)
        consent = grants.Consent(client, callback, challenge, settings.origin, _SCOPES)
        codes = [grants.grant(Access.from_session(person(1)), consent) for _ in range(_GRANTS)]
        tokens = [grants.redeem(client, code, callback, verifier, settings.origin).refresh_token or "" for code in codes]
    return [_refresh("/api/oauth/token", client.id, settings.origin, token) for token in tokens]


def their_refreshes(server: Server) -> list[Request]:
    with urlopen(f"http://127.0.0.1:{server.port}/grants?number={_GRANTS}") as answer:
        granted = json.loads(answer.read())
    fixed = {"grant_type": "authorization_code", "client_id": granted["client_id"], "resource": granted["resource"]}
    fixed |= {"redirect_uri": granted["redirect_uri"], "code_verifier": granted["code_verifier"]}
    tokens = [_redeem(server.port, {**fixed, "code": code}) for code in granted["codes"]]
    return [_refresh("/token", granted["client_id"], granted["resource"], token) for token in tokens]


def _redeem(port: int, form: dict[str, str]) -> str:
    with urlopen(f"http://127.0.0.1:{port}/token", urlencode(form).encode()) as answer:
        token: str = json.loads(answer.read())["refresh_token"]
        return token


def _refresh(path: str, client_id: str, resource: str, token: str) -> Request:
    form = {"grant_type": "refresh_token", "client_id": client_id, "resource": resource, "refresh_token": token}
    return Request("POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form))


_apps: dict[str, Flask] = {}


def _app_of(settings: Settings) -> Flask:
    """An app in this process on the database of the server."""
    if settings.database_url not in _apps:
        _apps[settings.database_url] = create_app(settings)
    return _apps[settings.database_url]
