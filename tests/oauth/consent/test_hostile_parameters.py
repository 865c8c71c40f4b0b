"""Every parameter with every mutation: the right error, no callback, and nothing used up."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from calmboard.access.credentials.session_tokens import open_token_session
from calmboard.access.oauth.clients import own_client
from calmboard.access.secret_format import new_secret
from tests.oauth.conftest import CALLBACK, ORIGIN, HostApp, redirect_parameters
from tests.support.users import TestUser, add_project_and_board, csrf_token, new_address

# What RFC 6749, section 5.2, allows in a description.
_DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")

Make = Callable[..., HostApp]
Form = dict[str, str]
Mutation = Callable[[str, str], list[tuple[str, str]]]

# How a parameter is sent instead of once with its valid value.
MUTATIONS: dict[str, Mutation] = {
    "missing": lambda _name, _value: [],
    "doubled": lambda name, value: [(name, value), (name, value + "x")],
    "empty": lambda name, _value: [(name, "")],
    "blank": lambda name, _value: [(name, " ")],
    "64 KB": lambda name, value: [(name, value + "x" * 65_536)],
    "5 KB": lambda name, value: [(name, value + "x" * 5_000)],
    "non-ASCII": lambda name, value: [(name, value + "é→😀")],
    "quoted": lambda name, value: [(name, f'"{value}"\\\'')],
    "JSON": lambda name, value: [(name, json.dumps({name: [value]}))],
    "NUL": lambda name, value: [(name, value + "\0")],
    "line breaks": lambda name, value: [(name, value + "\r\nSet-Cookie: a=b")],
    "array": lambda name, value: [(f"{name}[]", value)],
    "object": lambda name, value: [(f"{name}[0]", value)],
    "markup": lambda name, value: [(name, f"<script>alert(1)</script>{value}")],
}
AUTHORIZE = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "scope",
    "resource",
    "code_challenge",
    "code_challenge_method",
    "prompt",
]
CODE = ("grant_type", "code", "client_id", "redirect_uri", "code_verifier", "resource")
REFRESH = ("grant_type", "refresh_token", "client_id", "scope", "resource")
# The optional parameters of an authorization request, and the mutations that omit one of the token endpoint.
_OPTIONAL = ("state", "scope", "prompt")
_OMITTING = {"scope": ("missing", "empty", "blank", "array", "object"), "resource": ("missing", "empty", "array", "object")}
REVOKE = ("token", "client_id", "token_type_hint")


@dataclass(frozen=True)
class HeldCredentials:
    """An application that holds an unused code, and tokens from another."""

    person: TestUser
    application: HostApp
    code: str
    tokens: dict[str, Any]

    def form(self, parameters: tuple[str, ...]) -> Form:
        kind = "authorization_code" if "code" in parameters else "refresh_token"
        values = {
            "grant_type": kind,
            "code": self.code,
            "refresh_token": self.tokens["refresh_token"],
            "token": self.tokens["refresh_token"],
            "token_type_hint": "refresh_token",
            "client_id": self.application.client_id,
            "redirect_uri": CALLBACK,
            "code_verifier": self.application.verifier,
            "resource": ORIGIN,
            "scope": "projects:read",
        }
        return {name: values[name] for name in parameters}

    def assert_untouched(self) -> None:
        """All held credentials still work."""
        assert self.application.api(self.tokens["access_token"]).get("/me").status_code == 200
        assert self.application.refresh(self.tokens["refresh_token"]).status_code == 200
        assert self.application.redeem(self.code).status_code == 200


@pytest.fixture
def held(host_app: Make, new_user: Callable[..., TestUser]) -> HeldCredentials:
    person = new_user()
    application = host_app(person)
    tokens = application.get_tokens()
    return HeldCredentials(person, application, application.get_code(), tokens)


def mutated(form: Form, name: str, mutation: str) -> MultiDict[str, str]:
    others = [pair for pair in form.items() if pair[0] != name]
    return MultiDict([*others, *MUTATIONS[mutation](name, form[name])])


def assert_oauth_error(answer: TestResponse, mutation: str) -> None:
    assert answer.status_code in (400, 401, 413), (mutation, answer.status_code, answer.text[:300])
    assert answer.mimetype == "application/json"
    body = answer.get_json()
    assert re.fullmatch(r"[a-z_]+", body["error"])
    assert _DESCRIPTION.fullmatch(body["error_description"]), body
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Location" not in answer.headers


def post(app: Flask, path: str, form: Any, **request: Any) -> TestResponse:
    return app.test_client().post(path, data=form, environ_base={"REMOTE_ADDR": new_address()}, **request)


@pytest.mark.parametrize("name", CODE)
def test_a_bad_exchange_of_a_code_uses_nothing_up(app: Flask, held: HeldCredentials, name: str) -> None:
    for mutation in invalid_mutations(name):
        assert_oauth_error(post(app, "/api/oauth/token", mutated(held.form(CODE), name, mutation)), mutation)
    held.assert_untouched()


@pytest.mark.parametrize("name", REFRESH)
def test_a_bad_refresh_uses_nothing_up(app: Flask, held: HeldCredentials, name: str) -> None:
    for mutation in invalid_mutations(name):
        assert_oauth_error(post(app, "/api/oauth/token", mutated(held.form(REFRESH), name, mutation)), mutation)
    held.assert_untouched()


@pytest.mark.parametrize("mutation", _OMITTING["scope"])
def test_a_scope_that_is_left_out_keeps_what_was_granted(app: Flask, held: HeldCredentials, mutation: str) -> None:
    answer = post(app, "/api/oauth/token", mutated(held.form(REFRESH), "scope", mutation))
    assert (answer.status_code, answer.get_json()["scope"]) == (200, held.tokens["scope"])


@pytest.mark.parametrize("name", REVOKE)
def test_a_bad_revocation_ends_nothing(app: Flask, held: HeldCredentials, name: str) -> None:
    form = held.form(REVOKE) if name != "token_type_hint" else {**held.form(REVOKE), "token": new_secret("cbr")}
    for mutation in MUTATIONS:
        answer = post(app, "/api/oauth/revoke", mutated(form, name, mutation))
        if answer.status_code == 200:  # a token that was never one is answered as one that has ended (RFC 7009)
            assert name != "client_id", mutation
            assert answer.get_json() == {}
        else:
            assert_oauth_error(answer, mutation)
    held.assert_untouched()


@pytest.mark.parametrize("parameters", [CODE, REFRESH, REVOKE], ids=["code", "refresh", "revoke"])
def test_no_secret_is_taken_from_an_address(app: Flask, held: HeldCredentials, parameters: tuple[str, ...]) -> None:
    path = "/api/oauth/revoke" if parameters is REVOKE else "/api/oauth/token"
    form = held.form(parameters)
    assert_oauth_error(post(app, path, {}, query_string=form), "all in the address")
    for name in form:
        rest = {other: value for other, value in form.items() if other != name}
        assert_oauth_error(post(app, path, rest, query_string={name: form[name]}), name)
        assert_oauth_error(post(app, path, form, query_string={name: form[name]}), f"{name} in both")
    held.assert_untouched()


@pytest.mark.parametrize(
    "body",
    [
        {"content_type": "application/json"},
        {"content_type": "text/plain"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "multipart/form-data"},
        {"content_type": "application/xml"},
        {"content_type": "application/x-www-form-urlencoded", "data": b"\xff\xfe=\x00"},
        {"content_type": "application/x-www-form-urlencoded", "data": b"&&==&=&%"},
        {"content_type": "application/x-www-form-urlencoded", "data": b"a=1&" * 30_000},
        {"content_type": ""},
        {"content_type": '\t;charset="', "data": b""},
    ],
)
@pytest.mark.parametrize("path", ["/api/oauth/token", "/api/oauth/revoke", "/api/oauth/register"])
def test_a_body_of_another_type_is_refused_in_oauths_format(app: Flask, path: str, body: dict[str, Any]) -> None:
    data = body.get("data", b'{"grant_type": "refresh_token"}')
    assert_oauth_error(post(app, path, data, content_type=body["content_type"]), str(body))


@pytest.mark.parametrize("path", ["/api/oauth/token", "/api/oauth/revoke", "/api/oauth/register", "/api/oauth/nowhere"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_another_method_is_refused_in_oauths_format(app: Flask, path: str, method: str) -> None:
    answer = app.test_client().open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (404 if path.endswith("nowhere") else 405, "application/json")
    assert _DESCRIPTION.fullmatch(answer.get_json()["error_description"])


@pytest.mark.parametrize("name", AUTHORIZE)
def test_a_bad_request_is_shown_or_sent_back_and_grants_nothing(held: HeldCredentials, name: str) -> None:
    params = held.application.request(prompt="consent")
    for mutation in MUTATIONS:
        answer = held.application.browser.get("/api/oauth/authorize", query_string=mutated(params, name, mutation))
        assert_nothing_granted(answer, name, mutation)
        assert "code=cbc_" not in answer.headers.get("Location", ""), mutation


@pytest.mark.parametrize("name", AUTHORIZE)
def test_a_bad_decision_grants_only_what_it_could_have_asked(held: HeldCredentials, name: str) -> None:
    params = held.application.request(prompt="consent")
    form = {"csrf_token": csrf_token(held.application.open_consent()), "decision": "allow", "reach": "all"}
    for mutation in MUTATIONS:
        data = MultiDict([*form.items(), *mutated(params, name, mutation).items(multi=True)])
        answer = held.application.browser.post("/api/oauth/authorize", data=data)
        assert_nothing_granted(answer, name, mutation)
        assert name in _OPTIONAL or "code=cbc_" not in answer.headers.get("Location", ""), mutation


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"response_mode": "query.jwt"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://app.example/request.jwt"}, "request_uri_not_supported"),
    ],
)
def test_another_way_to_ask_or_to_be_answered_is_refused(held: HeldCredentials, changes: Form, error: str) -> None:
    browser, params = held.application.browser, {**held.application.request(), **changes}
    token = csrf_token(held.application.open_consent())
    opened = browser.get("/api/oauth/authorize", query_string=params)
    decided = browser.post("/api/oauth/authorize", data={**params, "csrf_token": token, "decision": "allow", "reach": "all"})
    for answer in (opened, decided):
        result = redirect_parameters(answer)
        assert (result["error"], result["state"], result["iss"], "code" in result) == (error, "s-1", ORIGIN, False)


def test_the_one_response_mode_may_be_asked_for(held: HeldCredentials) -> None:
    assert held.application.open_consent(response_mode="query").status_code == 200


@pytest.mark.parametrize("second", [f"{ORIGIN}/mcp", "https://elsewhere.example", ""])
def test_two_resources_at_once_are_no_target(app: Flask, held: HeldCredentials, second: str) -> None:
    """RFC 8707, section 2."""
    for parameters in (CODE, REFRESH):
        answer = post(app, "/api/oauth/token", {**held.form(parameters), "resource": [ORIGIN, second]})
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_target")
    params = {**held.application.request(), "resource": [ORIGIN, second]}
    result = redirect_parameters(held.application.browser.get("/api/oauth/authorize", query_string=MultiDict(params)))
    assert (result["error"], result["state"], result["iss"]) == ("invalid_target", "s-1", ORIGIN)
    held.assert_untouched()


def test_one_resource_twice_is_one(held: HeldCredentials) -> None:
    twice = {**held.form(CODE), "resource": [ORIGIN, ORIGIN]}
    assert post(held.application.app, "/api/oauth/token", twice).status_code == 200


@pytest.mark.parametrize("name", ["csrf_token", "decision", "right", "reach", "project"])
def test_a_bad_choice_never_grants_more(app: Flask, held: HeldCredentials, name: str) -> None:
    browser, params = held.application.browser, held.application.request()
    token = csrf_token(held.application.open_consent())
    project_id = add_project_and_board(app, held.person).project_id
    chosen = {"csrf_token": token, "decision": "allow", "right": "tasks:write", "reach": "some", "project": project_id}
    for mutation in MUTATIONS:
        data = MultiDict([*params.items(), *mutated(chosen, name, mutation).items(multi=True)])
        answer = browser.post("/api/oauth/authorize", data=data)
        assert answer.status_code in (303, 400, 413, 422), (mutation, answer.status_code)
        assert answer.headers.get("Location", CALLBACK).startswith(CALLBACK), mutation
        if name == "reach" or (name == "project" and mutation != "doubled"):
            assert "Location" not in answer.headers, mutation
        if name == "csrf_token" and mutation != "doubled":
            assert answer.status_code in (400, 413), mutation


def test_a_decision_in_the_address_decides_nothing(held: HeldCredentials) -> None:
    form = {"csrf_token": csrf_token(held.application.open_consent()), "decision": "allow"}
    params = held.application.request()
    answer = held.application.browser.post("/api/oauth/authorize", query_string=params, data=form)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    answer = held.application.browser.post("/api/oauth/authorize", query_string=form, data=params)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize("times", [1, 2])
def test_a_decision_with_a_part_without_a_name_decides_nothing(held: HeldCredentials, times: int) -> None:
    form = {"csrf_token": csrf_token(held.application.open_consent()), "decision": "allow", "reach": "all"}
    named = [f'form-data; name="{name}"\r\n\r\n{value}' for name, value in {**form, **held.application.request()}.items()]
    parts = [*named, *["form-data\r\n\r\nallow"] * times]
    body = "".join(f"--b\r\nContent-Disposition: {part}\r\n" for part in parts) + "--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    answer = held.application.browser.post("/api/oauth/authorize", data=body, content_type=kind)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize("name", AUTHORIZE)
def test_a_program_that_asks_badly_is_answered_in_json(app: Flask, new_user: Callable[..., TestUser], name: str) -> None:
    person = new_user()
    with app.app_context():
        client = own_client(person.person, ORIGIN)
        token = open_token_session(person.person, None, None)
    params = HostApp(app, app.test_client(), client.id, {}, client.redirect_uris[0]).request(prompt="consent")
    for mutation in MUTATIONS:
        answer = app.test_client().get(
            "/api/oauth/authorize", query_string=mutated(params, name, mutation), headers={"Authorization": f"Bearer {token}"}
        )
        if answer.status_code == 200:
            assert name in _OPTIONAL, mutation
            assert answer.get_json()["redirect_uri"] == client.redirect_uris[0]
        else:
            assert_oauth_error(answer, mutation)


def invalid_mutations(name: str) -> list[str]:
    """The mutations that are errors, and do not only omit an optional parameter."""
    return [mutation for mutation in MUTATIONS if mutation not in _OMITTING.get(name, ())]


def assert_nothing_granted(answer: TestResponse, name: str, mutation: str) -> None:
    """A page, or a redirect to the one registered URI."""
    assert answer.status_code in (200, 303, 400, 413), (mutation, answer.status_code)
    assert answer.mimetype == "text/html"
    assert "<script>alert(1)" not in answer.text, mutation
    assert answer.headers.get("Location", CALLBACK).startswith(CALLBACK), (mutation, answer.headers.get("Location"))
    if name in ("client_id", "redirect_uri"):
        assert answer.status_code in (400, 413), mutation
    if name not in _OPTIONAL:
        assert answer.status_code != 200, mutation
    if answer.status_code == 303 and "error" in (result := redirect_parameters(answer)):
        assert _DESCRIPTION.fullmatch(result["error_description"]), result
        assert result["iss"] == ORIGIN
