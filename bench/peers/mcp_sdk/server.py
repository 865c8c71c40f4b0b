"""CalmBoard's tool list_projects on the official SDK's server: `uvicorn server:app --workers 2`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import database
from keys import Keys, current_caller
from mcp.server import MCPServer
from mcp.server.auth.settings import AuthSettings
from projects import Projects, read_projects
from pydantic import AnyHttpUrl
from request_log import RequestLog
from starlette.requests import Request
from starlette.responses import PlainTextResponse

_URL = f"http://127.0.0.1:{os.environ['PORT']}"


@asynccontextmanager
async def lifespan(_server: MCPServer) -> AsyncIterator[None]:
    async with database.opened():
        yield


server = MCPServer(
    "CalmBoard",
    log_level="WARNING",
    lifespan=lifespan,
    token_verifier=Keys(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl(_URL), resource_server_url=AnyHttpUrl(f"{_URL}/mcp"), required_scopes=["projects:read"]
    ),
)


@server.tool()
async def list_projects(limit: int = 25) -> Projects:
    """Start here: every project you may see, with your role in it and the ids and names of its boards."""
    return await read_projects(current_caller(), limit)


@server.custom_route("/healthz", methods=["GET"])
async def check_health(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


app = RequestLog(server.streamable_http_app(json_response=True, stateless_http=True))
