"""The Python client before the present one at work. Words: the server, a board; BEARER: a key, or else it asks."""

import os
import sys
from functools import partial
from importlib import import_module
from typing import Any

import anyio
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientMetadata

from tests.api.mcp.external_clients.work import Person, do_work

# These differ from what has their names in the present client, which is the one that types are checked against.
connect: Any = import_module("mcp.client.streamable_http").streamablehttp_client
provide: Any = OAuthClientProvider


async def main(url: str, board_id: str) -> None:
    person = Person()
    async with connect(url, **_credential(url, person)) as (reading, writing, _), ClientSession(reading, writing) as session:
        await session.initialize()
        await do_work(session, board_id, person)


def _credential(url: str, person: Person) -> dict[str, Any]:
    if key := os.environ.get("BEARER"):
        return {"headers": {"Authorization": f"Bearer {key}"}}
    metadata = OAuthClientMetadata.model_validate(person.metadata)
    return {"auth": provide(url, metadata, person, person.open, partial(_wait_for_callback, person))}


async def _wait_for_callback(person: Person) -> tuple[str, str | None]:
    params = await person.wait_for_callback()
    return params["code"], params.get("state")


server, board = sys.argv[1:]
anyio.run(main, server, board)
