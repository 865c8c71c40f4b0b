"""The view of a board that clients show beside the answer of get_board (MCP Apps, io.modelcontextprotocol/ui)."""

import base64
import hashlib
import json
import re
from pathlib import Path
from string import Template

from api.mcp.calls import CallContext
from api.mcp.protocol.revisions import APP_MEDIA_TYPE
from api.mcp.registry import Resource
from calmboard import VERSION

_DIRECTORY = Path(__file__).with_name("view")
_TOKENS = Path(__file__).parents[3] / "static" / "css" / "tokens.css"
_TOKEN = re.compile(r"^ *(--[\w-]+): ([^;]+);", re.MULTILINE)
_USE = re.compile(r"var\((--[\w-]+)\)")


def _read_app(_call: CallContext, _variables: dict[str, str]) -> dict[str, str]:
    return {"text": _HTML}


def _render() -> str:
    """One self-contained document, whose own policy lets nothing else run or load."""
    style, script = _style(), f"const VERSION = {json.dumps(VERSION)};\n{_part('board.js')}\n{_part('host.js')}"
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    )
    return Template(_part("board.html")).substitute(policy=policy, style=style, script=script)


def _style() -> str:
    """The sheet of the view, behind those tokens of the pages that it uses and has no value of its own for."""
    style = _part("board.css")
    own = {name for name, _ in _TOKEN.findall(style)}
    shared = dict(reversed(_TOKEN.findall(_TOKENS.read_text(encoding="utf-8"))))  # those of narrow screens stand further down
    used = sorted(set(_USE.findall(style)) - own)
    return "".join((":root {\n", *(f"  {name}: {shared[name]};\n" for name in used), "}\n\n", style))


def _part(name: str) -> str:
    return (_DIRECTORY / name).read_text(encoding="utf-8")


def _digest(source: str) -> str:
    """A source expression of a Content Security Policy (Level 3, section 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


_HTML = _render()

BOARD_APP = Resource(
    "ui://calmboard/board",
    "board-view",
    "Board view",
    "A board at a glance: five columns, what is blocked and late, who has what, and the sprint. It only shows.",
    APP_MEDIA_TYPE,
    _read_app,
    ("boards:read", "tasks:read"),
    meta={
        "ui": {
            "csp": {"connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": []},
            "prefersBorder": True,
        }
    },
)
