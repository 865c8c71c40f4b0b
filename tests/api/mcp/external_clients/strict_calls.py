"""What every framework is asked to do: take our tools in its strict mode, and call some with everything filled in.

Words: the server, a board, a task. BEARER: the key.
"""

import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

URL, BOARD_ID, TASK_ID = sys.argv[1:]
HEADERS = {"Authorization": f"Bearer {os.environ['BEARER']}"}

Schemas = Mapping[str, Mapping[str, Any]]


async def call_filled_in(schemas: Schemas, call: Callable[[str, dict[str, Any]], Awaitable[Any]]) -> None:
    """Call tools by `call(name, arguments)` as strict mode does, each argument that is not given as null; print a report."""
    given: dict[str, dict[str, Any]] = {
        "list_projects": {},
        "create_task": {"board_id": BOARD_ID, "title": "From a framework"},
        "update_task": {"task_id": TASK_ID, "title": "Renamed by a framework"},
    }
    answers = {name: str(await call(name, {**dict.fromkeys(schemas[name]["properties"]), **given[name]})) for name in given}
    sys.stdout.write(json.dumps({"tools": sorted(schemas), "undescribed": list(undescribed(schemas)), "answers": answers}))


def undescribed(schemas: Schemas) -> Iterator[str]:
    """Arguments of which the conversion lost the description."""
    for name, schema in schemas.items():
        for argument, about in schema["properties"].items():
            parts = [about, *(about.get("anyOf") or about.get("any_of") or ())]
            if not any(part.get("description") for part in parts):
                yield f"{name}.{argument}"


@asynccontextmanager
async def open_session() -> AsyncIterator[Any]:
    """A session of the official client, which is an earlier one here than ours, by which types are checked."""
    connect: Any = import_module("mcp.client.streamable_http").streamablehttp_client
    session_of: Any = import_module("mcp").ClientSession
    async with connect(URL, headers=HEADERS) as (reading, writing, _), session_of(reading, writing) as session:
        await session.initialize()
        yield session
