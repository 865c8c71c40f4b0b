"""An agent's usual work over the session of an official Python client, and the user who consents."""

import json
import socket
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread
from pydantic import BaseModel


async def do_work(session: Any, board_id: str, person: "Person") -> None:
    """Read what there is, write one task, and print what came of it."""
    tools = _plain(await session.list_tools())["tools"]
    projects = _structured(await session.call_tool("list_projects", {}))["projects"]
    document = _plain(await session.read_resource(f"calmboard://boards/{board_id}"))["contents"][0]["text"]
    messages = _plain(await session.get_prompt("stand_up", {"board": board_id}))["messages"]
    task = _structured(await session.call_tool("create_task", {"board_id": board_id, "title": "From an agent"}))
    got = {
        "tools": [tool["name"] for tool in tools],
        "projects": [project["name"] for project in projects],
        "document": document,
        "messages": len(messages),
        "task": task["title"],
        "requested_scopes": person.requested_scopes,
    }
    sys.stdout.write(json.dumps(got) + "\n")


def _structured(result: BaseModel) -> dict[str, Any]:
    dumped = _plain(result)
    assert not dumped.get("isError"), dumped
    structured: dict[str, Any] = dumped["structuredContent"]
    return structured


def _plain(result: BaseModel) -> dict[str, Any]:
    return result.model_dump(by_alias=True, mode="json")


class Person:
    """Stores the client's tokens, and listens for the OAuth callback."""

    def __init__(self) -> None:
        self.requested_scopes: list[str] = []
        self.tokens: Any = None
        self.client: Any = None
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.redirect_uri = f"http://127.0.0.1:{self._listening.getsockname()[1]}/callback"

    @property
    def metadata(self) -> dict[str, Any]:
        return {"client_name": "Judge", "redirect_uris": [self.redirect_uri], "token_endpoint_auth_method": "none"}

    async def open(self, url: str) -> None:
        self.requested_scopes.append(parse_qs(urlsplit(url).query)["scope"][0])
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()

    async def wait_for_callback(self) -> dict[str, str]:
        """The parameters of the callback from the authorization server."""
        target = await anyio.to_thread.run_sync(self._listen)
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}

    def _listen(self) -> str:
        browser, _address = self._listening.accept()
        with browser:
            target: str = browser.recv(65536).decode().split()[1]
            browser.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        return target

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info
