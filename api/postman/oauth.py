"""The folder “OAuth”: the flow of a host application from its first request to the end of its access, and what is refused.

The session token gives consent in place of the person, so that no browser is needed.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from api.postman.answers import saved_answer, saved_problem
from api.postman.requests import JSON, NO_AUTH, bearer, entry, request_to, with_form
from api.postman.scripts import media_type_test, problem_tests, status_test

_AUTHORIZE, _TOKEN, _REVOKE = "/api/oauth/authorize", "/api/oauth/token", "/api/oauth/revoke"
_SCOPE = "projects:read tasks:write"
# Any well-formed verifier but the one that the challenge was made of.
_OTHER_VERIFIER = "some-other-verifier-of-at-least-43-characters"

_AUTHORIZATION_PARAMETERS = {
    "response_type": "code",
    "client_id": "{{clientId}}",
    "redirect_uri": "{{encodedRedirectUri}}",
    "resource": "{{resource}}",
    "scope": _SCOPE,
    "state": "{{state}}",
    "code_challenge": "{{codeChallenge}}",
    "code_challenge_method": "S256",
}
_CODE_EXCHANGE = {
    "grant_type": "authorization_code",
    "client_id": "{{clientId}}",
    "redirect_uri": "{{redirectUri}}",
    "resource": "{{resource}}",
    "code": "{{code}}",
    "code_verifier": "{{codeVerifier}}",
}
_REFRESH = {"grant_type": "refresh_token", "client_id": "{{clientId}}", "refresh_token": "{{refreshToken}}"}
_TOKENS = {
    "access_token": "cbo_…",
    "token_type": "Bearer",
    "expires_in": 3600,
    "refresh_token": "cbr_…",
    "scope": "projects:read tasks:read tasks:write",
}

# Postman writes a value into an address as it is, and a callback may hold & and %.
_ENCODE = 'pm.variables.set("encodedRedirectUri", encodeURIComponent(pm.variables.get("redirectUri")));'
# A verifier and its challenge (RFC 7636, section 4), and a state that nobody can guess.
_PREPARE = (
    'const { SHA256, enc } = require("crypto-js");',
    'const verifier = pm.variables.replaceIn("{{$guid}}-{{$guid}}");',
    "const challenge = SHA256(verifier).toString(enc.Base64)",
    '  .replace(/[+]/g, "-").replace(/[/]/g, "_").replace(/=+$/, "");',
    'pm.collectionVariables.set("codeVerifier", verifier);',
    'pm.collectionVariables.set("codeChallenge", challenge);',
    'pm.collectionVariables.set("state", pm.variables.replaceIn("{{$guid}}"));',
    _ENCODE,
)
_SAVE_CODE = 'if (pm.response.code === 200) pm.collectionVariables.set("code", pm.response.json().code);'
_SAVE_TOKENS = (
    "if (pm.response.code === 200) {",
    "  const tokens = pm.response.json();",
    '  for (const name of ["accessToken", "refreshToken"]) pm.collectionVariables.set(`${name}Before`, pm.variables.get(name));',
    '  pm.collectionVariables.set("accessToken", tokens.access_token);',
    '  pm.collectionVariables.set("refreshToken", tokens.refresh_token);',
    "}",
)
_HAS_TOKENS = (
    'pm.test("gives both tokens", () => {',
    "  const answer = pm.response.json();",
    "  pm.expect(answer.access_token).to.match(/^cbo_[0-9A-Za-z]{36}$/);",
    "  pm.expect(answer.refresh_token).to.match(/^cbr_[0-9A-Za-z]{36}$/);",
    '  pm.expect(answer).to.include({ token_type: "Bearer" });',
    "  pm.expect(answer.expires_in).to.be.within(1, 3600);",
    f'  pm.expect(answer.scope.split(" ")).to.include.members({json.dumps(_SCOPE.split())});',
    "});",
    'pm.test("is kept by no cache", () => pm.expect(pm.response.headers.get("Cache-Control")).to.equal("no-store"));',
)
_HAS_NEW_TOKENS = (
    'pm.test("gives new tokens", () => {',
    '  pm.expect(pm.response.json().access_token).to.not.equal(pm.variables.get("accessToken"));',
    '  pm.expect(pm.response.json().refresh_token).to.not.equal(pm.variables.get("refreshToken"));',
    "});",
)
_SUCCESSOR_OR_END = (
    'pm.test("gives the same successor within the grace, and ends the grant after it", () => {',
    "  const answer = pm.response.json();",
    '  if (pm.response.code === 200) pm.expect(answer.refresh_token).to.equal(pm.variables.get("refreshToken"));',
    '  else pm.expect(answer.error).to.equal("invalid_grant");',
    "});",
)
_CLEAR_VARIABLES = [
    f'pm.collectionVariables.set("{name}", "");'
    for name in ("code", "codeVerifier", "accessToken", "refreshToken", "accessTokenBefore", "refreshTokenBefore")
]


def oauth_flow(origin: str, me: dict[str, Any], projects: dict[str, Any]) -> list[dict[str, Any]]:
    """From consent to the end of it; `me` and `projects` are the entries of those endpoints."""
    revoked = "The whole grant ends by its refresh token, at once."
    return [
        _authorize("Authorize", origin),
        _exchange("Exchange the code for tokens"),
        _with_access_token(me, "Say who asks, by the access token"),
        _with_access_token(projects, "List projects by the access token"),
        _refresh("Refresh"),
        _with_access_token(me, "The access token from before lives out its hour", "accessTokenBefore"),
        _accepted("Revoke", with_form(_post(_REVOKE, revoked), {"client_id": "{{clientId}}", "token": "{{refreshToken}}"}), {}),
        _rejected_token(me, "A revoked access token"),
        _refused("A revoked refresh token", "invalid_grant", with_form(_post(_TOKEN), _REFRESH)),
    ]


def oauth_refusals(origin: str, me: dict[str, Any]) -> list[dict[str, Any]]:
    """What a host application may get wrong; what is refused uses up nothing, until a code comes twice."""
    elsewhere = {**_AUTHORIZATION_PARAMETERS, "redirect_uri": "https://elsewhere.example/callback"}
    no_resource = {name: value for name, value in _AUTHORIZATION_PARAMETERS.items() if name != "resource"}
    wrong_verifier = with_form(_post(_TOKEN), {**_CODE_EXCHANGE, "code_verifier": _OTHER_VERIFIER})
    twice = _post(_TOKEN, "Somebody has copied the code, so its grant ends with all of its tokens.")
    return [
        _refused(
            "A plain challenge",
            "invalid_request",
            _authorization_request({**_AUTHORIZATION_PARAMETERS, "code_challenge_method": "plain"}),
            _ENCODE,
        ),
        _refused("No resource", "invalid_target", _authorization_request(no_resource), _ENCODE),
        _refused("A redirect URI that is not registered", "invalid_request", _authorization_request(elsewhere)),
        _authorize("Authorize again", origin),
        _refused("A wrong verifier", "invalid_grant", wrong_verifier),
        _exchange("The right verifier, since nothing was used up"),
        _refresh("Refresh again"),
        _replaced_token(),
        _refused("A code used twice", "invalid_grant", with_form(twice, _CODE_EXCHANGE)),
        _rejected_token(me, "An access token of a code used twice", _CLEAR_VARIABLES),
    ]


def _authorize(name: str, origin: str) -> dict[str, Any]:
    about = (
        "Agrees for the person of `sessionToken`, to their own client alone. A host application sends the person's browser "
        "here instead, without the token, and finds `code`, `state` and `iss` in the address it is called back at."
    )
    expected = f'{{ state: pm.variables.get("state"), iss: {json.dumps(origin)} }}'
    tests = [f'pm.test("answers this request, as this issuer", () => pm.expect(pm.response.json()).to.include({expected}));']
    body = {"code": "cbc_…", "state": "{{state}}", "iss": origin, "redirect_uri": f"{origin}/oauth/callback"}
    return _accepted(name, _authorization_request(_AUTHORIZATION_PARAMETERS, about), body, [*tests, _SAVE_CODE], _PREPARE)


def _exchange(name: str) -> dict[str, Any]:
    request = with_form(
        _post(_TOKEN, "The verifier shows that who asked for the code is who trades it, once and in a minute."), _CODE_EXCHANGE
    )
    return _accepted(name, request, _TOKENS, [*_HAS_TOKENS, *_SAVE_TOKENS])


def _refresh(name: str) -> dict[str, Any]:
    request = with_form(_post(_TOKEN, "Gives a new access token, and a new refresh token in place of the one sent."), _REFRESH)
    return _accepted(name, request, _TOKENS, [*_HAS_TOKENS, *_HAS_NEW_TOKENS, *_SAVE_TOKENS])


def _replaced_token() -> dict[str, Any]:
    about = (
        "Within the grace of this server, all who send a replaced token get the same successor, so that programs that share "
        "one do not lock each other out. After it the grant ends: somebody has copied the token."
    )
    request = with_form(_post(_TOKEN, about), {**_REFRESH, "refresh_token": "{{refreshTokenBefore}}"})
    tests = [*status_test(200, 400), media_type_test(JSON), *_SUCCESSOR_OR_END]
    saved = [_saved(200, request, _TOKENS), _saved(400, request, _error("invalid_grant"))]
    return entry("A refresh token that was replaced", request, tests, saved=saved)


def _with_access_token(endpoint: dict[str, Any], name: str, variable: str = "accessToken") -> dict[str, Any]:
    """The request of a noun's folder, with an access token in place of the key."""
    request = {**endpoint["request"], "auth": bearer(f"{{{{{variable}}}}}")}
    return {**endpoint, "name": name, "request": request, "response": endpoint["response"][:1]}


def _rejected_token(endpoint: dict[str, Any], name: str, after: list[str] | None = None) -> dict[str, Any]:
    request = _with_access_token(endpoint, name)["request"]
    tests = [*problem_tests(401, "invalid_token"), *(after or ())]
    return entry(f"{name}: 401", request, tests, saved=[saved_problem("invalid_token", request)])


def _accepted(
    name: str, request: dict[str, Any], body: dict[str, Any], tests: list[str] | None = None, before: tuple[str, ...] = ()
) -> dict[str, Any]:
    first = [*status_test(200), media_type_test(JSON)]
    return entry(name, request, [*first, *(tests or ())], before, [_saved(200, request, body)])


def _refused(name: str, error: str, request: dict[str, Any], *before: str) -> dict[str, Any]:
    tests = [
        *status_test(400),
        media_type_test(JSON),
        f'pm.test("says {error}", () => pm.expect(pm.response.json().error).to.equal("{error}"));',
        'pm.test("says why", () => pm.expect(pm.response.json().error_description).to.be.a("string").that.is.not.empty);',
        'pm.test("gives nothing", () => pm.expect(pm.response.json()).to.not.have.any.keys("code", "access_token"));',
    ]
    return entry(f"{name}: 400", request, tests, before, [_saved(400, request, _error(error))])


def _authorization_request(parameters: Mapping[str, str], about: str = "") -> dict[str, Any]:
    return request_to("GET", _AUTHORIZE, bearer("{{sessionToken}}"), about, parameters)


def _post(path: str, about: str = "") -> dict[str, Any]:
    return request_to("POST", path, NO_AUTH, about)


def _saved(status: int, request: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    return saved_answer(HTTPStatus(status).phrase, status, request, body, JSON)


def _error(code: str) -> dict[str, str]:
    return {"error": code, "error_description": "A sentence that says why, and what to send instead."}
