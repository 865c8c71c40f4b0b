"""The official SDK's server with one tool, for comparison: `python -m uvicorn --factory bench.sdk.server:checked`."""

from typing import Any

from mcp.server import MCPServer
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl, BaseModel
from starlette.applications import Starlette

from bench.tool_calls import TASK
from calmboard.access.credentials.identify import identify
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.access.oauth.resources import MCP, resource_of
from calmboard.settings import SETTINGS
from wsgi import create_app


class Task(BaseModel):
    id: str
    title: str
    state: str
    assignees: list[str]
    due_date: str | None
    blocked: bool
    position: int


def bare() -> Starlette:
    """It authenticates nobody."""
    return _serve(MCPServer("bench", log_level="WARNING"))


def checked() -> Starlette:
    """It checks and counts our keys as our own server does."""
    keys = _Keys()
    origin = AnyHttpUrl(keys.origin)
    auth = AuthSettings(issuer_url=origin, resource_server_url=AnyHttpUrl(f"{keys.origin}{MCP}"), required_scopes=["tasks:read"])
    return _serve(MCPServer("bench", log_level="WARNING", token_verifier=keys, auth=auth))


def _serve(server: MCPServer[Any]) -> Starlette:
    server.tool()(read_fixed_task)
    return server.streamable_http_app(json_response=True, stateless_http=True)


def read_fixed_task(task_id: str) -> Task:
    """Give the one task, whichever is requested."""
    assert task_id
    return Task(**TASK)


class _Keys:
    """Our credential check and rate limit, behind the interface of the SDK."""

    def __init__(self) -> None:
        self._app = create_app()
        self._limits = LIMITS.get(self._app)
        self.origin = SETTINGS.get(self._app).origin

    async def verify_token(self, token: str) -> AccessToken | None:
        with self._app.app_context():
            access = identify(token, resource_of(self.origin, MCP))
        self._limits.spend(access).check_limit()
        credential = access.credential
        assert credential
        return AccessToken(token=token, client_id=credential.id, scopes=sorted(credential.scopes), expires_at=None)
