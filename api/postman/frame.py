"""The folders before and after the nouns: signing in, requests that are refused, signing out."""

import json
from typing import Any

from api.framework.conversion.struct_fields import fields_of
from api.postman.requests import JSON, NO_AUTH, bearer, entry, request_to, with_text
from api.postman.scripts import media_type_test, problem_tests, status_test
from api.shapes.access.session import SessionToken

_SESSION = "/api/auth/session"
_TASKS = "/api/v1/boards/:board_id/tasks"
_SAVE_SESSION = (
    "if (pm.response.code === 200) {",
    "  const signedIn = pm.response.json();",
    '  pm.collectionVariables.set("sessionToken", signedIn.session_token);',
    '  pm.collectionVariables.set("clientId", signedIn.client_id);',
    '  pm.collectionVariables.set("redirectUri", signedIn.redirect_uri);',
    "}",
)


def sign_in() -> list[dict[str, Any]]:
    """The request that fills sessionToken, and one that shows how it is used."""
    names = json.dumps(list(fields_of(SessionToken)))
    tests = [
        *status_test(200),
        media_type_test(JSON),
        f'pm.test("has every field", () => pm.expect(pm.response.json()).to.include.all.keys({names}));',
        *_SAVE_SESSION,
    ]
    credentials = [
        'const sent = { email: pm.variables.get("email"), password: pm.variables.get("password") };',
        'pm.variables.set("credentials", JSON.stringify(sent));',
    ]
    about = (
        "Fills `sessionToken`, `clientId` and `redirectUri`. The body is made from the variables `email` and `password`; "
        "add `otp` where you have a code."
    )
    request = with_text(request_to("POST", _SESSION, NO_AUTH, about), "{{credentials}}")
    shown = [*status_test(200), media_type_test(JSON)]
    return [
        entry("Sign in", request, tests, before=credentials),
        _with_token("Say who is signed in", "GET", "Whom the session token stands for, and until when.", shown),
    ]


def sign_out() -> dict[str, Any]:
    lines = [*status_test(204), 'pm.collectionVariables.set("sessionToken", "");']
    return _with_token("End the session token", "DELETE", "It ends at once, instead of after its hour.", lines)


def bad_input() -> list[dict[str, Any]]:
    """Requests that are refused, each for its reason."""
    me, task = request_to("GET", "/api/v1/me"), request_to("POST", _TASKS)
    title, unknown = '{"title": "Refund partial captures"}', '{"title": "Refund", "colour": 1}'
    return [
        _refused("No key", "missing_api_key", 401, {**me, "auth": NO_AUTH}),
        _refused("A wrong key", "invalid_api_key", 401, {**me, "auth": bearer("cbk_mistyped")}),
        _refused("An unknown parameter", "invalid_request", 400, request_to("GET", "/api/v1/me", query={"colour": "blue"})),
        _refused("JSON that cannot be read", "invalid_request", 400, with_text(task, '{"title": ')),
        _refused("A value of the wrong type", "validation_failed", 422, with_text(task, '{"title": 5}')),
        _refused("A field that is missing", "validation_failed", 422, with_text(task, "{}")),
        _refused("A field that is unknown", "validation_failed", 422, with_text(task, unknown)),
        _refused("A body of another kind", "unsupported_media_type", 415, with_text(task, title, "text/plain")),
        _refused("An id that nothing has", "not_found", 404, request_to("GET", "/api/v1/tasks/tsk_nothing")),
        _refused("A method that is not answered", "method_not_allowed", 405, request_to("DELETE", "/api/v1/me")),
    ]


def _with_token(name: str, method: str, about: str, lines: list[str]) -> dict[str, Any]:
    return entry(name, request_to(method, _SESSION, bearer("{{sessionToken}}"), about), lines)


def _refused(name: str, code: str, status: int, request: dict[str, Any]) -> dict[str, Any]:
    return entry(f"{name}: {status}", request, problem_tests(status, code))
