"""Routes and tools as people write them, and as the log has them."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from portal.shared.catalogues import API_CATALOGUE, MCP_CATALOGUE

API_PREFIX = "/api/v1"
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_CALL = re.compile(r"(?:([A-Za-z]{3,7}) )?(/\S*)")


class EndpointQuery(NamedTuple):
    method: str | None = None
    route: str | None = None
    tool: str | None = None


def shown_route(route: str | None) -> str:
    """“/tasks/{task_id}”."""
    return "An address that is not there" if route is None else _CONVERTER.sub(r"{\1}", route).removeprefix(API_PREFIX)


def shown_endpoint(name: str) -> str:
    """“GET /tasks/{task_id}”, or a tool, from the name that the counts of use have for it."""
    method, _, route = name.partition(" ")
    return f"{method} {shown_route(route)}" if route else name


def read_endpoint(text: str) -> EndpointQuery | None:
    """A tool, or a route with or without its method; also an address with ids in it. None where it is neither."""
    if text in tools():
        return EndpointQuery(tool=text)
    match = _CALL.fullmatch(text)
    route = match and _route_of(match[2].partition("?")[0])
    return EndpointQuery(method=match[1] and match[1].upper(), route=route) if match and route else None


def endpoints() -> list[dict[str, Any]]:
    return [endpoint for noun in API_CATALOGUE.get() for endpoint in noun["endpoints"]]


def tools() -> Mapping[str, Mapping[str, Any]]:
    return {tool["name"]: tool for tool in MCP_CATALOGUE.get()["tools"]}


def find_scope(method: str, route: str | None) -> str | None:
    """The right that an endpoint needs, where it needs one."""
    return next((one["scope"] for one in endpoints() if (one["method"], one["route"]) == (method, route)), None)


def needed_scopes() -> dict[str, list[str]]:
    """The rights that each endpoint and tool needs, by the name that the counts of use have for it."""
    by_route = {f"{one['method']} {one['route']}": [one["scope"]] for one in endpoints() if one["scope"]}
    return by_route | {name: list(tool["scopes"]) for name, tool in tools().items()}


def _route_of(path: str) -> str | None:
    full = path if path.startswith((API_PREFIX, "/mcp")) else API_PREFIX + path
    routes = {endpoint["path"]: endpoint["route"] for endpoint in endpoints()} | {"/mcp": "/mcp"}
    if full in routes:
        return str(routes[full])
    return next((str(route) for shown, route in routes.items() if _pattern(shown, route).fullmatch(full)), None)


def _pattern(shown: str, route: str) -> re.Pattern[str]:
    """Of the addresses of a route; its last parameter may hold slashes where Flask says so."""
    parts = [re.escape(part) for part in _PLACEHOLDER.split(shown)]
    return re.compile(r"[^/]+".join(parts[:-1]) + (r".+" if "<path:" in route else r"[^/]+") + parts[-1])
