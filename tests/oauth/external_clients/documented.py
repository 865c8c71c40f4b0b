"""The server as users run it, with one application that has published its own metadata."""

import json

from flask import Flask

from calmboard.outgoing.fetch import FETCH, OutgoingRefused
from wsgi import create_app as create_real_app

ADDRESS = "https://app.example/oauth/client.json"
DOCUMENT = {
    "client_id": ADDRESS,
    "client_name": "Harbour agent",
    "redirect_uris": ["http://127.0.0.1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none",
}


def create_app() -> Flask:
    app = create_real_app()
    FETCH.set(app, read_document)
    return app


def read_document(url: str, _max_bytes: int) -> bytes:
    if url != ADDRESS:
        raise OutgoingRefused("Nothing else is published here.")
    return json.dumps(DOCUMENT).encode()
