"""An agent's usual work over the session of an official Python client, and the person whom that may have to ask."""

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
        "asked": person.asked,
    }
    sys.stdout.write(json.dumps(got) + "\n")


def _structured(result: BaseModel) -> dict[str, Any]:
    told = _plain(result)
    assert not told.get("isError"), told
    structured: dict[str, Any] = told["structuredContent"]
    return structured


def _plain(result: BaseModel) -> dict[str, Any]:
    return result.model_dump(by_alias=True, mode="json")


class Person:
    """Keeps what a client asks to keep, and waits on this computer to be called back."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.tokens: Any = None
        self.client: Any = None
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.redirect_uri = f"http://127.0.0.1:{self._listening.getsockname()[1]}/callback"

    @property
    def metadata(self) -> dict[str, Any]:
        return {"client_name": "Judge", "redirect_uris": [self.redirect_uri], "token_endpoint_auth_method": "none"}

    async def open(self, url: str) -> None:
        self.asked.append(parse_qs(urlsplit(url).query)["scope"][0])
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()

    async def come_back(self) -> dict[str, str]:
        """What the authorization server told by the person's browser."""
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
