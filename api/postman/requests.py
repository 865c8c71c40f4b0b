"""Requests that are written by hand, as Postman has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.postman.scripts import script_before, test_event

NO_AUTH = {"type": "noauth"}
JSON = "application/json"


def entry(
    name: str, request: dict[str, Any], tests: list[str], before: Sequence[str] = (), saved: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """A request in a folder, with its scripts before and after and its saved answers."""
    events = [*([script_before(list(before))] if before else []), test_event(tests)]
    return {"name": name, "event": events, "request": request, "response": list(saved)}


def request_to(
    method: str, path: str, auth: dict[str, Any] | None = None, about: str = "", query: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Without `auth`, the collection's key is sent."""
    query_string = "&".join(f"{name}={value}" for name, value in query.items()) if query else ""
    url: dict[str, Any] = {"raw": "{{baseUrl}}" + path, "host": ["{{baseUrl}}"], "path": path.strip("/").split("/")}
    if query:
        url |= {"raw": f"{url['raw']}?{query_string}", "query": _pairs(query)}
    if ":board_id" in path:
        url["variable"] = [{"key": "board_id", "value": "{{boardId}}"}]
    return {"method": method, "header": [], "url": url, "description": about} | ({"auth": auth} if auth else {})


def with_text(request: dict[str, Any], text: str, kind: str = JSON) -> dict[str, Any]:
    header = [{"key": "Content-Type", "value": kind}]
    return {**request, "header": header, "body": {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}}


def with_form(request: dict[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    return {**request, "body": {"mode": "urlencoded", "urlencoded": _pairs(fields)}}


def bearer(token: str) -> dict[str, Any]:
    return {"type": "bearer", "bearer": [{"key": "token", "value": token, "type": "string"}]}


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": name, "value": value} for name, value in values.items()]
