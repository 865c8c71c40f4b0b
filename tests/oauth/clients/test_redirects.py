"""Where an application may be called back: at the URI that it registered, byte for byte, and at no similar one."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.oauth.conftest import ORIGIN, HostApp, redirect_parameters, register
from tests.support.users import TestUser

# Messages, headers and URIs are checked in Python, whatever the database.
pytestmark = pytest.mark.database("sqlite")

Make = Callable[..., HostApp]

# Callbacks that host applications publish or register, as they come.
_CALLBACKS = [
    "https://claude.ai/api/mcp/auth_callback",
    "https://claude.com/api/mcp/auth_callback",
    "https://chatgpt.com/connector_platform_oauth_redirect",
    "https://chatgpt.com/connector/oauth/Zk3-x_9",
    "https://vscode.dev/redirect",
    "https://www.cursor.com/agents/mcp/oauth/callback",
    "https://oauth.n8n.cloud/oauth2/callback",
    "http://127.0.0.1:33418/",
    "http://127.0.0.1:33418",
    "http://localhost:57470/callback",
    "http://[::1]:57470/callback",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "com.example.app:/oauth/callback",
    "com.example.app:///oauth/callback",
    "https://app.example/callback?tenant=a%20b&tenant=c+d&empty=&bare",
    "https://app.example/callback?",
    "https://xn--bcher-kva.example/R%C3%BCckruf",
    "https://App.Example/callback?filter[]=a!b",
    "https://a..example/callback",
    f"https://{'a' * 64}.example/callback",
    "MyApp://Signed-In/callback",
    "vscode://publisher.extension/callback",
    "msauth.com.example.app://auth",
]


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.mark.parametrize("callback", _CALLBACKS)
def test_known_applications_are_called_back_at_what_they_registered(host_app: Make, person: TestUser, callback: str) -> None:
    application = host_app(person, redirect_uris=[callback])
    location = application.decide().headers["Location"]
    assert location.startswith(callback)
    added = location.removeprefix(callback)
    assert added[0] in "?&c"
    assert added.lstrip("?&").startswith("code=cbc_")
    assert location.count("?") == 1
    refused = application.decide("deny").headers["Location"]
    assert refused.removeprefix(callback).lstrip("?&").startswith("error=access_denied")


@pytest.mark.parametrize(
    "callbacks",
    [
        ["http://127.0.0.1", "http://127.0.0.1:33418", "https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect"],
        [
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ],
    ],
    ids=["Visual Studio Code", "Cursor"],
)
def test_an_editor_registers_all_its_callbacks_and_uses_each(host_app: Make, person: TestUser, callbacks: list[str]) -> None:
    application = host_app(person, redirect_uris=callbacks)
    assert application.registration["redirect_uris"] == callbacks
    assert {application.open_consent(redirect_uri=callback).status_code for callback in callbacks} == {200}


@pytest.mark.parametrize("application_type", ["web", "native", "spa", "", None, 7])
@pytest.mark.parametrize("callback", ["http://localhost:8787/callback", "https://app.example/callback", "app.example:/callback"])
def test_the_kind_of_application_decides_nothing(app: Flask, application_type: object, callback: str) -> None:
    body = register(app, application_type=application_type, redirect_uris=[callback])
    assert (body.status_code, body.get_json()["redirect_uris"]) == (201, [callback])


@pytest.mark.parametrize(
    "requested",
    [
        "http://localhost:57470/callback ",
        " http://localhost:57470/callback",
        "http://local\thost:57470/callback",
        "http://localhost:57470/call\nback",
        "http://localhost:57470/callback\r\nSet-Cookie: a=b",
        "\x01http://localhost:57470/callback",
        "http://localhost:57470/callback\\",
        "http://localhost:57470\\@evil.example/callback",
        "http://localhost:57470@evil.example/callback",
        "http://localhost:57470/callback/",
        "http://localhost:57470/CALLBACK",
        "http://localhost:57470/call%62ack",
        "http://localhost:57470/x/../callback",
        "http://localhost:57470/./callback",
        "http://localhost:57470//callback",
        "http://localhost:57470/callback;x",
        "http://localhost:57470/callback?x=1",
        "http://localhost:57470/callback#x",
        "http://localhost:57470/callback#",
        "http://localhost:99999/callback",
        "http://localhost:-1/callback",
        "http://localhost:x/callback",
        "http://localhost.:57470/callback",
        "http://localhost.evil.example/callback",
        "http://evil.localhost/callback",
        "http://127.0.0.1:57470/callback",
        "http://[::1]:57470/callback",
        "http://[::ffff:127.0.0.1]:57470/callback",
        "http://2130706433:57470/callback",
        "http://0x7f.1:57470/callback",
        "http:localhost:57470/callback",
        "//localhost:57470/callback",
        "https://localhost:57470/callback",
        "http://lоcalhost:57470/callback",
        "http://localhost:57470/callback\u2028",
        "http://localhost:57470/callback\u00e9",
    ],
)
def test_what_only_looks_like_the_registered_machine_is_never_called(host_app: Make, person: TestUser, requested: str) -> None:
    answer = host_app(person, redirect_uris=["http://localhost/callback"]).open_consent(redirect_uri=requested)
    assert (answer.status_code, "Location" in answer.headers, answer.mimetype) == (400, False, "text/html")


@pytest.mark.parametrize(
    "callback",
    [
        "https:/callback",
        "https:callback",
        "https:///callback",
        "https://:443/callback",
        "http:///callback",
        "HTTPS:///callback",
        "JavaScript:alert(1)",
        "javascript://app.example/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://app.example/x",
        "about:blank",
        "view-source:https://app.example",
        "intent://app.example/#Intent;scheme=https;end",
        "intent:app.example/callback",
        "INTENT://app.example/callback",
        "android-app://com.example.app/https/app.example",
        "ms-settings:privacy",
        "ms-word:ofe/u/app.example/a.docm",
        "MS-Msdt:/id",
        "search-ms:query=a",
        "shell:startup",
        "itms-services://app.example/?action=download-manifest",
        "mailto:a@app.example",
        "tel:110",
        "smb://app.example/share",
        "ssh://app.example",
        "jar:https://app.example/a.jar",
        "chrome://settings",
        "wss://app.example/callback",
        "https://app.example/ callback",
        "https://app.example/\tcallback",
        'https://app.example/"callback',
        "https://app.example/<callback>",
        "https://bücher.example/callback",
        "https://app.example/a/../callback",
        "https://app.example:x/callback",
        "https://[::1/callback",
        "https://app.example\\callback",
        "callback",
        "",
    ],
)
def test_an_address_that_leads_nowhere_or_anywhere_is_not_registered(app: Flask, callback: str) -> None:
    answer = register(app, redirect_uris=["https://app.example/callback", callback])
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_redirect_uri")
    assert "number 2" in answer.get_json()["error_description"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [("", None), ("a b+c", "a b+c"), ("ü→\u2028", "ü→\u2028"), ('{"a": ["b"]}', '{"a": ["b"]}'), ("&code=x#y", "&code=x#y")],
)
def test_state_comes_back_as_it_went(host_app: Make, person: TestUser, state: str, expected: str | None) -> None:
    application = host_app(person)
    for decision in ("allow", "deny"):
        result = redirect_parameters(application.decide(decision, state=state))
        assert (result.get("state"), result["iss"]) == (expected, ORIGIN)
    assert redirect_parameters(application.open_consent(state=state, resource=None)).get("state") == expected


def test_a_decision_leads_on_by_303_and_leaves_no_trace(host_app: Make, person: TestUser) -> None:
    response = host_app(person).decide()
    assert response.status_code == 303
    assert (response.headers["Cache-Control"], response.headers["Referrer-Policy"]) == ("no-store", "same-origin")
    assert urlsplit(response.headers["Location"]).fragment == ""
