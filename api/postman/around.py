"""What stands before and after the nouns: signing in, requests that are refused, signing out."""

import json
from typing import Any

from api.fields import fields_of
from api.postman.scripts import media_type_test, problem_test, status_test, test_event
from api.shapes.session import SessionToken

_SESSION = "/api/auth/session"
_TASKS = "/api/v1/boards/:board_id/tasks"
_NO_ONE = {"type": "noauth"}
_JSON = "application/json"
_KEEP_SIGNED_IN = (
    "if (pm.response.code === 200) {",
    "  const signedIn = pm.response.json();",
    '  pm.collectionVariables.set("sessionToken", signedIn.session_token);',
    '  pm.collectionVariables.set("clientId", signedIn.client_id);',
    '  pm.collectionVariables.set("redirectUri", signedIn.redirect_uri);',
    "}",
)


def sign_in() -> list[dict[str, Any]]:
    """The request that fills sessionToken, and one that shows what it is good for."""
    names = json.dumps(list(fields_of(SessionToken)))
    keep = [
        *status_test(200),
        media_type_test(_JSON),
        f'pm.test("has every field", () => pm.expect(pm.response.json()).to.include.all.keys({names}));',
        *_KEEP_SIGNED_IN,
    ]
    credentials = [
        'const sent = { email: pm.variables.get("email"), password: pm.variables.get("password") };',
        'pm.variables.set("credentials", JSON.stringify(sent));',
    ]
    about = (
        "Fills `sessionToken`, `clientId` and `redirectUri`. The body is made from the variables `email` and `password`; "
        "add `otp` where you have a code."
    )
    request = _request("POST", _SESSION, _NO_ONE, "{{credentials}}", about)
    before = {"listen": "prerequest", "script": {"type": "text/javascript", "exec": credentials}}
    shown = [*status_test(200), media_type_test(_JSON)]
    return [
        {"name": "Sign in", "event": [before, test_event(keep)], "request": request, "response": []},
        _with_token("Say who is signed in", "GET", "Whom the session token stands for, and until when.", shown),
    ]


def sign_out() -> dict[str, Any]:
    lines = [*status_test(204), 'pm.collectionVariables.set("sessionToken", "");']
    return _with_token("End the session token", "DELETE", "It ends at once, instead of after its hour.", lines)


def bad_input() -> list[dict[str, Any]]:
    """Requests that are refused, each for its reason."""
    task = '{"title": "Refund partial captures"}'
    wrong = {"type": "bearer", "bearer": [{"key": "token", "value": "cbk_mistyped", "type": "string"}]}
    return [
        _refused("No key", "missing_api_key", 401, _request("GET", "/api/v1/me", _NO_ONE)),
        _refused("A wrong key", "invalid_api_key", 401, _request("GET", "/api/v1/me", wrong)),
        _refused("An unknown parameter", "invalid_request", 400, _request("GET", "/api/v1/me?colour=blue")),
        _refused("JSON that cannot be read", "invalid_request", 400, _request("POST", _TASKS, body='{"title": ')),
        _refused("A value of the wrong type", "validation_failed", 422, _request("POST", _TASKS, body='{"title": 5}')),
        _refused("A field that is missing", "validation_failed", 422, _request("POST", _TASKS, body="{}")),
        _refused(
            "A field that is unknown", "validation_failed", 422, _request("POST", _TASKS, body='{"title": "Refund", "colour": 1}')
        ),
        _refused("A body of another kind", "unsupported_media_type", 415, _request("POST", _TASKS, body=task, kind="text/plain")),
        _refused("An id that nothing has", "not_found", 404, _request("GET", "/api/v1/tasks/tsk_nothing")),
        _refused("A method that is not answered", "method_not_allowed", 405, _request("DELETE", "/api/v1/me")),
    ]


def _with_token(name: str, method: str, about: str, lines: list[str]) -> dict[str, Any]:
    token = {"type": "bearer", "bearer": [{"key": "token", "value": "{{sessionToken}}", "type": "string"}]}
    request = _request(method, _SESSION, token, about=about)
    return {"name": name, "event": [test_event(lines)], "request": request, "response": []}


def _refused(name: str, code: str, status: int, request: dict[str, Any]) -> dict[str, Any]:
    return {"name": f"{name}: {status}", "event": [problem_test(status, code)], "request": request, "response": []}


def _request(
    method: str, path: str, auth: dict[str, Any] | None = None, body: str | None = None, about: str = "", kind: str = _JSON
) -> dict[str, Any]:
    bare, _, query = path.partition("?")
    url: dict[str, Any] = {"raw": "{{baseUrl}}" + path, "host": ["{{baseUrl}}"], "path": bare.strip("/").split("/")}
    if query:
        url["query"] = [dict(zip(("key", "value"), query.split("="), strict=True))]
    if ":board_id" in path:
        url["variable"] = [{"key": "board_id", "value": "{{boardId}}"}]
    request = {"method": method, "header": [], "url": url, "description": about} | ({"auth": auth} if auth else {})
    if body is None:
        return request
    header = [{"key": "Content-Type", "value": kind}]
    return {**request, "header": header, "body": {"mode": "raw", "raw": body, "options": {"raw": {"language": "json"}}}}
