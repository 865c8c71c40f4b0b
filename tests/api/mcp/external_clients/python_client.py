"""The official Python client at work. Words: the server, the era, a board; BEARER: a key, or else it asks."""

import os
import sys
from functools import partial

import anyio
import httpx2
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from tests.api.mcp.external_clients.work import Person, do_work


async def main(url: str, era: str, board_id: str) -> None:
    person = Person()
    async with _http(url, person) as http, Client(streamable_http_client(url, http_client=http), mode=era) as client:
        await do_work(client, board_id, person)


def _http(url: str, person: Person) -> httpx2.AsyncClient:
    if key := os.environ.get("BEARER"):
        return httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"})
    metadata = OAuthClientMetadata.model_validate(person.metadata)
    provider = OAuthClientProvider(url, metadata, person, person.open, partial(_wait_for_callback, person))
    return httpx2.AsyncClient(auth=provider, timeout=20)


async def _wait_for_callback(person: Person) -> AuthorizationCodeResult:
    return AuthorizationCodeResult(**await person.wait_for_callback())


server, revision, board = sys.argv[1:]
anyio.run(main, server, revision, board)
