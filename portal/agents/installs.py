"""How each AI agent is connected to the MCP server: links to follow, commands to run, lines for a file.

None holds a secret: an agent signs in by OAuth, or reads a key from a variable.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from calmboard.access.providers import Cloud
from portal.docs.samples import KEY
from portal.shared.reachability import unreachable_reason

CLAUDE = Cloud("Claude on the web")
_CHATGPT = Cloud("ChatGPT")
_NAME = "calmboard"


@dataclass(frozen=True, slots=True)
class Link:
    """Adds the server to an agent when it is followed."""

    agent: str
    address: str


@dataclass(frozen=True, slots=True)
class Paste:
    """Text to copy; `label` names the terminal or the file that it is for."""

    slug: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Install:
    """One agent: what to paste, the `next_step` after it, and the same `by_key`.

    `link` adds the server by itself; `steps` are for agents that are set up by hand; `unreachable_reason` says why one in a
    cloud cannot reach this CalmBoard.
    Sentences have code between backticks.
    """

    slug: str
    agent: str
    paste: Paste
    next_step: str = ""
    by_key: Paste | None = None
    by_key_next_step: str = ""
    steps: tuple[str, ...] = ()
    link: str = ""
    unreachable_reason: str | None = None


def install_links(endpoint: str) -> tuple[Link, ...]:
    return Link("Claude", claude_link(endpoint)), Link("Cursor", cursor_link(endpoint)), Link("VS Code", vs_code_link(endpoint))


def installs(endpoint: str) -> tuple[Install, ...]:
    """The agents' own programs first, then editors and what is set up by hand."""
    makers = (claude_code, claude_desktop, claude, cursor, vs_code, codex, gemini, windsurf, chatgpt)
    return tuple(make(endpoint) for make in makers)


def claude_link(endpoint: str) -> str:
    """https://claude.com/docs/connectors/building/directory-vs-custom; a connector signs in by OAuth alone."""
    params = {"modal": "add-custom-connector", "connectorName": "CalmBoard", "connectorUrl": endpoint}
    return f"https://claude.ai/customize/connectors?{_query(params)}"


def cursor_link(endpoint: str) -> str:
    """https://cursor.com/docs/mcp/install-links: the configuration as JSON, as base64, as part of a query."""
    config = base64.b64encode(_line({"url": endpoint}).encode()).decode()
    return f"cursor://anysphere.cursor-deeplink/mcp/install?{_query({'name': _NAME, 'config': config})}"


def vs_code_link(endpoint: str) -> str:
    """https://code.visualstudio.com/docs/copilot/chat/mcp-servers: the whole query is the JSON of the server."""
    return f"vscode:mcp/install?{quote(_line({'name': _NAME, 'type': 'http', 'url': endpoint}), safe='')}"


def claude_code(endpoint: str) -> Install:
    """https://code.claude.com/docs/en/mcp"""
    command = f"claude mcp add --transport http {_NAME} {endpoint}"
    return Install(
        "claude-code",
        "Claude Code",
        Paste("claude-code", "Terminal", command),
        "Then type `/mcp` in Claude Code and choose calmboard to sign in.",
        Paste("claude-code-key", "Terminal, with a key", f'{command} --header "Authorization: Bearer ${KEY}"'),
        "Your shell fills the key in, and Claude Code keeps it in its own settings.",
    )


def claude_desktop(endpoint: str) -> Install:
    """https://modelcontextprotocol.io/docs/develop/connect-local-servers; its file takes commands alone, so mcp-remote connects.

    The header has no space after the colon: Claude Desktop on Windows breaks arguments at spaces.
    """
    command = {"command": "npx", "args": ["-y", "mcp-remote", endpoint]}
    file = "claude_desktop_config.json"
    by_key = {
        "command": "npx",
        "args": ["-y", "mcp-remote", endpoint, "--header", "Authorization:${AUTH}"],
        "env": {"AUTH": f"Bearer {KEY}"},
    }
    return Install(
        "claude-desktop",
        "Claude Desktop",
        Paste("claude-desktop", file, _servers(command)),
        next_step="Settings, Developer, Edit config opens the file: `~/Library/Application Support/Claude/` on macOS, "
        "`%APPDATA%\\Claude\\` on Windows. Start Claude again, and it opens CalmBoard to sign in. It needs Node.",
        by_key=Paste("claude-desktop-key", f"{file}, with a key", _servers(by_key)),
        by_key_next_step=f"Put your key in place of `{KEY}`; everybody who reads this file can read it.",
    )


def claude(endpoint: str) -> Install:
    """Claude on the web has no file: the same as the link, by hand."""
    steps = (
        "In Claude, open Settings, Connectors, and choose Add custom connector.",
        "Name it CalmBoard and paste the address below.",
        "Choose Connect. Claude opens CalmBoard, where you choose what it may do.",
    )
    paste, reason = Paste("claude", "Remote MCP server URL", endpoint), unreachable_reason(endpoint, CLAUDE)
    return Install("claude", "Claude", paste, steps=steps, link=claude_link(endpoint), unreachable_reason=reason)


def cursor(endpoint: str) -> Install:
    """https://cursor.com/docs/context/mcp: `url`, and variables as ${env:NAME}."""
    file = "~/.cursor/mcp.json"
    server = {"url": endpoint, "headers": {"Authorization": f"Bearer ${{env:{KEY}}}"}}
    return Install(
        "cursor",
        "Cursor",
        Paste("cursor", file, _servers({"url": endpoint})),
        "Then open Settings, MCP in Cursor and choose calmboard to sign in.",
        Paste("cursor-key", f"{file}, with a key", _servers(server)),
        "Cursor reads the key from the variable each time it starts.",
        link=cursor_link(endpoint),
    )


def vs_code(endpoint: str) -> Install:
    """https://code.visualstudio.com/docs/copilot/chat/mcp-servers: `servers`, and a key that it prompts for once."""
    file = ".vscode/mcp.json"
    server = {"type": "http", "url": endpoint}
    prompt = {"type": "promptString", "id": "calmboard-key", "description": "CalmBoard API key", "password": True}
    by_key = {**server, "headers": {"Authorization": "Bearer ${input:calmboard-key}"}}
    return Install(
        "vs-code",
        "VS Code",
        Paste("vs-code", file, json.dumps({"servers": {_NAME: server}}, indent=2)),
        "VS Code shows Start above the server, and opens CalmBoard to sign in.",
        Paste("vs-code-key", f"{file}, with a key", json.dumps({"inputs": [prompt], "servers": {_NAME: by_key}}, indent=2)),
        "VS Code asks for the key once, and keeps it in its own secret store.",
        link=vs_code_link(endpoint),
    )


def codex(endpoint: str) -> Install:
    """https://developers.openai.com/codex/mcp"""
    lines = (f"[mcp_servers.{_NAME}]", f'url = "{endpoint}"', f'bearer_token_env_var = "{KEY}"')
    return Install(
        "codex",
        "Codex",
        Paste("codex", "Terminal", f"codex mcp add {_NAME} --url {endpoint}"),
        f"Codex opens CalmBoard to sign in. To do that later, run `codex mcp login {_NAME}`.",
        Paste("codex-key", "~/.codex/config.toml, with a key", "\n".join(lines)),
        "Codex reads the key from the variable each time it starts.",
    )


def gemini(endpoint: str) -> Install:
    """https://geminicli.com/docs/tools/mcp-server/: `httpUrl`, for versions that take a bare `url` for SSE."""
    server = {"httpUrl": endpoint, "headers": {"Authorization": f"Bearer ${KEY}"}}
    return Install(
        "gemini",
        "Gemini CLI",
        Paste("gemini", "Terminal", f"gemini mcp add --scope user --transport http {_NAME} {endpoint}"),
        f"Then type `/mcp auth {_NAME}` in Gemini CLI to sign in.",
        Paste("gemini-key", "~/.gemini/settings.json, with a key", _servers(server)),
        "Gemini CLI reads the key from the variable each time it starts.",
    )


def windsurf(endpoint: str) -> Install:
    """https://docs.windsurf.com/windsurf/cascade/mcp: `serverUrl`, and variables as ${env:NAME}."""
    file = "~/.codeium/windsurf/mcp_config.json"
    server = {"serverUrl": endpoint, "headers": {"Authorization": f"Bearer ${{env:{KEY}}}"}}
    return Install(
        "windsurf",
        "Windsurf",
        Paste("windsurf", file, _servers({"serverUrl": endpoint})),
        "Refresh the list of MCP servers in Windsurf, and it opens CalmBoard to sign in.",
        Paste("windsurf-key", f"{file}, with a key", _servers(server)),
        "Windsurf reads the key from the variable each time it starts.",
    )


def chatgpt(endpoint: str) -> Install:
    """https://developers.openai.com/apps-sdk/deploy/connect-chatgpt; it has no link, and signs in by OAuth alone."""
    steps = (
        "In ChatGPT on the web, open Settings, Apps, Advanced settings, and turn on Developer mode. "
        "Where there is no Apps, it is called Connectors.",
        "Back in Apps, choose Create, name it CalmBoard and paste the address below.",
        "Choose OAuth and create it. ChatGPT opens CalmBoard, where you choose what it may do.",
    )
    paste = Paste("chatgpt", "MCP server URL", endpoint)
    return Install("chatgpt", "ChatGPT", paste, steps=steps, unreachable_reason=unreachable_reason(endpoint, _CHATGPT))


def _servers(server: Mapping[str, Any]) -> str:
    return json.dumps({"mcpServers": {_NAME: server}}, indent=2)


def _line(value: dict[str, str]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _query(values: dict[str, str]) -> str:
    return urlencode(values, quote_via=quote, safe="")
