"""What is no message in order is refused with the code and status that the specification gives it, and does nothing."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from calmboard.ids import new_id
from tests.api.mcp.raw_client import CAPABILITIES, META, VERSION, McpClient, headers_of, modern, old, refusal
from tests.support.clients.agent import LEGACY, MODERN
from tests.support.users import Api, TestUser

# Messages, headers and addresses are handled in Python, whatever the database.
pytestmark = pytest.mark.database("sqlite")

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, MISMATCH, UNSUPPORTED = (
    -32700,
    -32600,
    -32601,
    -32602,
    -32020,
    -32022,
)
MOST_BYTES = 256 * 1024

UNREADABLE = [
    b"",
    b" ",
    b"{",
    b"{'jsonrpc': '2.0'}",
    b'{"jsonrpc": "2.0"} x',
    b'{"jsonrpc": "2.0", "id": 7, "method": "ping"}{}',
    b'{"jsonrpc": "2.0", "id": 7, "id": 8, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"a": {"b": 1, "b": 1}}}',
    b'{"jsonrpc": "2.0", "id": NaN, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"a": -Infinity}}',
    b'{"jsonrpc": "2.0", "id": 7, "method": "\xff\xfe"}',
    b'{"jsonrpc": "2.0", "id": 7, "method": "\xc0\xaf"}',
    b'{"jsonrpc": "2.0", "id": 7, "method": "\\ud800"}',
    b'{"jsonrpc": "2.0", "id": 7, "method": "a\nb"}',
    b'\xef\xbb\xbf\xef\xbb\xbf{"jsonrpc": "2.0", "id": 7, "method": "ping"}',
    b'{"jsonrpc": "2.0", "id": ' + b"9" * 5000 + b', "method": "ping"}',
    b"[" * 10_000,
    b'{"a":' * 10_000,
    b"[" * 10_000 + b"]" * 10_000,
    b'{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001,
    b'{"a":' * 65 + b"1" + b"}" * 65,
    '{"jsonrpc": "2.0", "id": 7, "method": "ping"}'.encode("utf-16"),
]
NO_MESSAGE = [
    None,
    True,
    7,
    "ping",
    {},
    {"id": 7, "method": "ping"},
    {"jsonrpc": "2.0"},
    {"jsonrpc": "2.0", "result": {}},
    {"jsonrpc": "2.0", "method": 5},
    {"jsonrpc": "2.0", "method": None},
]
WRONG_IN_AN_ENVELOPE = [
    {"jsonrpc": "1.0"},
    {"jsonrpc": 2.0},
    {"jsonrpc": 2},
    {"jsonrpc": None},
    {"jsonrpc": ["2.0"]},
    {"jsonrpc": "2.0 "},
    {"method": 5},
    {"method": None},
    {"method": ["ping"]},
    {"method": {"name": "ping"}},
]
WRONG_IDS = [None, True, False, 1.5, -0.1, [], [7], {}, {"id": 7}, 10**30, -(10**30), 1e300]
SOUND_IDS = [0, 7, -7, 2**53 - 1, "", "7", "a-b-c", "\N{SNOWMAN}", "x" * 2000]
NO_PARAMS = [5, True, "name", [], [1], [{"name": "x"}]]
NO_META: list[Any] = [None, 5, "2026-07-28", [], {}]


@pytest.fixture
def client(app: Flask, owner: TestUser) -> McpClient:
    return McpClient(app, owner.key)


@pytest.mark.parametrize("version", [None, MODERN, *LEGACY])
@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: str(body[:40]))
def test_an_unreadable_body_is_a_parse_error(client: McpClient, body: bytes, version: str | None) -> None:
    refusal(client.send(body, {"MCP-Protocol-Version": version}), 400, PARSE_ERROR)


@pytest.mark.parametrize("version", [None, MODERN, *LEGACY])
@pytest.mark.parametrize("body", NO_MESSAGE, ids=str)
def test_what_is_no_message_is_an_invalid_request(client: McpClient, body: Any, version: str | None) -> None:
    message_id = body.get("id") if isinstance(body, dict) else None
    refusal(client.send(body, {"MCP-Protocol-Version": version}), 400, INVALID_REQUEST, message_id)


@pytest.mark.parametrize("wrong", WRONG_IN_AN_ENVELOPE, ids=str)
def test_an_envelope_that_is_wrong_is_refused_with_its_id(client: McpClient, wrong: dict[str, Any]) -> None:
    headers = headers_of(modern())
    refusal(client.send({**modern(), **wrong}, headers), 400, INVALID_REQUEST, 7)
    refusal(client.send(old() | wrong), 400, INVALID_REQUEST, 7)


@pytest.mark.parametrize("wrong", WRONG_IDS, ids=str)
def test_an_id_that_is_neither_text_nor_whole_number_is_refused_and_not_echoed(client: McpClient, wrong: Any) -> None:
    refusal(client.ask(modern(id=wrong)), 400, INVALID_REQUEST)
    refusal(client.send(old(id=wrong)), 400, INVALID_REQUEST)


@pytest.mark.parametrize("message_id", SOUND_IDS, ids=lambda message_id: repr(message_id)[:20])
def test_every_other_id_comes_back_as_it_was_sent(client: McpClient, message_id: Any) -> None:
    for answer in (client.ask(modern(id=message_id)), client.send(old(id=message_id))):
        assert answer.status_code == 200
        assert (answer.json["id"], type(answer.json["id"])) == (message_id, type(message_id))


@pytest.mark.parametrize("params", NO_PARAMS, ids=str)
def test_params_that_are_no_object_are_refused(client: McpClient, params: Any) -> None:
    refusal(client.send({**modern(), "params": params}, headers_of(modern())), 400, INVALID_PARAMS, 7)
    refusal(client.send(old(params=params)), 400, INVALID_PARAMS, 7)


@pytest.mark.parametrize("meta", NO_META, ids=str)
def test_metadata_that_is_none_is_refused(client: McpClient, meta: Any) -> None:
    body = modern(params={"_meta": meta})
    refusal(client.send(body, headers_of(modern())), 400, INVALID_PARAMS, 7)


@pytest.mark.parametrize("name", [VERSION, CAPABILITIES])
def test_metadata_without_one_of_its_parts_is_refused_and_the_part_named(client: McpClient, name: str) -> None:
    meta = {key: value for key, value in META.items() if key != name}
    error = refusal(client.send(modern(params={"_meta": meta}), headers_of(modern())), 400, INVALID_PARAMS, 7)
    assert name in error["message"]


@pytest.mark.parametrize("wrong", [None, 5, True, [], {}, 20260728])
def test_a_revision_that_is_no_text_is_refused(client: McpClient, wrong: Any) -> None:
    body = modern(params={"_meta": {**META, VERSION: wrong}})
    refusal(client.send(body, headers_of(modern())), 400, INVALID_PARAMS, 7)


@pytest.mark.parametrize("wrong", [None, 5, True, [], "elicitation"])
def test_capabilities_that_are_no_object_are_refused(client: McpClient, wrong: Any) -> None:
    body = modern(params={"_meta": {**META, CAPABILITIES: wrong}})
    refusal(client.send(body, headers_of(modern())), 400, INVALID_PARAMS, 7)


@pytest.mark.parametrize("version", ["2026-07-29", "2099-01-01", "1.0", "DRAFT-2026-v1", "", *LEGACY])
def test_a_revision_not_spoken_is_refused_with_those_that_are(client: McpClient, version: str) -> None:
    body = modern(params={"_meta": {**META, VERSION: version}})
    error = refusal(client.ask(body, {"MCP-Protocol-Version": version}), 400, UNSUPPORTED, 7)
    assert error["data"] == {"supported": [MODERN], "requested": version}


@pytest.mark.parametrize("method", ["", "tools", "tools/list ", "Tools/List", "tools/list/", "rpc.discover", "a\0b", "m" * 9000])
def test_an_unknown_method_is_404_to_a_modern_client(client: McpClient, method: str) -> None:
    header = method if method.isprintable() and method.strip() == method else None
    answer = client.ask(modern(method), {"Mcp-Method": header})
    if header is None:
        refusal(answer, 400, MISMATCH, 7)
    else:
        refusal(answer, 404, METHOD_NOT_FOUND, 7)


@pytest.mark.parametrize("method", ["", "server/discover", "sampling/createMessage", "a\0b", "m" * 9000])
def test_an_unknown_method_is_an_error_with_200_to_an_earlier_client(client: McpClient, method: str) -> None:
    refusal(client.send(old(method)), 200, METHOD_NOT_FOUND, 7)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"name": None},
        {"name": 5},
        {"name": ["list_projects"]},
        {"name": "no_such_tool"},
        {"name": "no\0tool"},
        {"name": "list_projects", "arguments": []},
        {"name": "list_projects", "arguments": "q"},
        {"name": "list_projects", "arguments": 5},
    ],
    ids=str,
)
def test_a_call_of_no_tool_is_an_error_of_the_protocol(client: McpClient, params: dict[str, Any]) -> None:
    refusal(client.send(old("tools/call", params=params)), 200, INVALID_PARAMS, 7)
    assert client.ask(modern("tools/call", params)).status_code == 400


@pytest.mark.parametrize("uri", ["", "x", "calmboard://", "calmboard://nothing/1", "http://[", "file:///etc/passwd", "a\0b"])
def test_an_unknown_resource_is_named_in_the_error(client: McpClient, uri: str) -> None:
    assert refusal(client.send(old("resources/read", params={"uri": uri})), 200, -32002, 7)["data"] == {"uri": uri}
    if uri.isprintable():
        error = refusal(client.ask(modern("resources/read", {"uri": uri})), 400, INVALID_PARAMS, 7)
        assert error["data"] == {"uri": uri}


@pytest.mark.parametrize("params", [{}, {"uri": None}, {"uri": 5}, {"uri": ["calmboard://boards"]}], ids=str)
def test_a_resource_without_a_uri_is_refused(client: McpClient, params: dict[str, Any]) -> None:
    refusal(client.send(old("resources/read", params=params)), 200, INVALID_PARAMS, 7)


@pytest.mark.parametrize("params", [{}, {"name": None}, {"name": "no_such_prompt"}, {"name": "a\0b"}], ids=str)
def test_an_unknown_prompt_is_refused(client: McpClient, params: dict[str, Any]) -> None:
    refusal(client.send(old("prompts/get", params=params)), 200, INVALID_PARAMS, 7)


@pytest.mark.parametrize("method", ["tools/list", "resources/list", "resources/templates/list", "prompts/list"])
@pytest.mark.parametrize("cursor", [5, True, [], {}, "x", "A" * 60, "\0", "\N{SNOWMAN}", "eyJhIjogMX0=", "W10", "x" * 9000])
def test_a_cursor_that_nobody_was_given_is_refused(client: McpClient, method: str, cursor: Any) -> None:
    refusal(client.ask(modern(method, {"cursor": cursor})), 400, INVALID_PARAMS, 7)
    refusal(client.send(old(method, params={"cursor": cursor})), 200, INVALID_PARAMS, 7)


@pytest.mark.parametrize("method", ["tools/list", "resources/list", "resources/templates/list", "prompts/list"])
@pytest.mark.parametrize("cursor", ["", None])
def test_an_empty_cursor_is_the_first_page(client: McpClient, method: str, cursor: str | None) -> None:
    first = client.ask(modern(method))
    assert client.ask(modern(method, {"cursor": cursor})).json == first.json


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"ref": 5, "argument": {"name": "a", "value": ""}},
        {"ref": {}, "argument": {"name": "a", "value": ""}},
        {"ref": {"type": "ref/prompt"}, "argument": {"name": "a", "value": ""}},
        {"ref": {"type": "ref/prompt", "name": 5}, "argument": {"name": "a", "value": ""}},
        {"ref": {"type": "ref/prompt", "name": "no_such_prompt"}, "argument": {"name": "a", "value": ""}},
        {"ref": {"type": "ref/resource", "uri": "calmboard://nothing"}, "argument": {"name": "a", "value": ""}},
        {"ref": {"type": "ref/tool", "name": "list_projects"}, "argument": {"name": "a", "value": ""}},
        {"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "a"}},
        {"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "a", "value": 5}},
        {"ref": {"type": "ref/prompt", "name": "x"}, "argument": "a"},
    ],
    ids=str,
)
def test_a_completion_of_nothing_is_refused(client: McpClient, params: dict[str, Any]) -> None:
    refusal(client.ask(modern("completion/complete", params)), 400, INVALID_PARAMS, 7)


@pytest.mark.parametrize("level", [None, 5, "loud", "INFO", ""])
def test_an_unknown_level_of_logging_is_refused(client: McpClient, level: Any) -> None:
    refusal(client.send(old("logging/setLevel", params={"level": level})), 200, INVALID_PARAMS, 7)


@pytest.mark.parametrize("size", [MOST_BYTES + 1, MOST_BYTES + 2, 2_000_000])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_too_large_is_413(client: McpClient, size: int, is_chunked: bool) -> None:
    body = b'{"jsonrpc": "2.0", "id": 7, "method": "ping"}'.ljust(size)
    chunked: dict[str, Any] = {"environ_overrides": {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}, "data": None}
    answer = client.send(**chunked) if is_chunked else client.send(body)
    error = refusal(answer, 413, 413)
    assert error["data"]["code"] == "payload_too_large"
    assert f" {MOST_BYTES} bytes" in error["message"]


@pytest.mark.parametrize("size", [MOST_BYTES - 1, MOST_BYTES])
def test_the_largest_body_is_taken(client: McpClient, size: int) -> None:
    assert client.send(b'{"jsonrpc": "2.0", "id": 7, "method": "ping"}'.ljust(size)).status_code == 200


def test_a_body_that_broke_off_is_400(client: McpClient) -> None:
    environ = {"wsgi.input": BytesIO(b'{"jsonrpc": "2.0", "id": 7, "method": "ping"}'), "CONTENT_LENGTH": "90"}
    assert refusal(client.send(environ_overrides=environ, data=None), 400, 400)["data"]["code"] == "invalid_request"


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "application/*"],
)
def test_a_body_not_declared_as_json_is_415(client: McpClient, content_type: str | None) -> None:
    answer = client.send(old(), content_type=content_type)
    assert refusal(answer, 415, 415, 7)["data"]["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [({"Content-Encoding": "gzip"}, "application/json"), ({}, "application/json; charset=utf-16")],
)
def test_a_body_that_is_not_plain_utf8_is_415(client: McpClient, headers: dict[str, str], content_type: str) -> None:
    answer = client.send(old(), headers, content_type=content_type)
    assert refusal(answer, 415, 415, 7)["data"]["code"] == "unsupported_media_type"


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_declared_in_any_of_its_ways(client: McpClient, content_type: str) -> None:
    assert client.send(old(), content_type=content_type).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD"])
def test_another_method_is_405_to_whoever_may_ask(client: McpClient, method: str) -> None:
    answer = client.send(method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    if method == "HEAD":
        assert answer.data == b""
    else:
        assert refusal(answer, 405, 405)["data"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_whoever_shows_no_credential_is_challenged_first(app: Flask, method: str, path: str) -> None:
    answer = McpClient(app, None).send(old(), method=method, path=path)
    assert answer.status_code == 401
    assert (
        'resource_metadata="http://127.0.0.1:8000/.well-known/oauth-protected-resource/mcp"' in answer.headers["WWW-Authenticate"]
    )
    if method != "HEAD":
        refusal(answer, 401, 401, 7 if method == "POST" else None)


def test_options_is_answered_to_anybody(app: Flask) -> None:
    answer = McpClient(app, None).send(method="OPTIONS")
    assert (answer.status_code, answer.data, answer.headers["Allow"]) == (204, b"", "POST, OPTIONS")


def test_the_address_with_a_slash_answers_by_itself(client: McpClient) -> None:
    assert client.send(old(), path="/mcp/").json == {"jsonrpc": "2.0", "id": 7, "result": {}}


@pytest.mark.parametrize("path", ["/mcp//", "/mcp/x", "/mcp/sse", "/mcp/../x"])
def test_there_is_nothing_below_the_address(client: McpClient, path: str) -> None:
    assert refusal(client.send(old(), path=path), 404, 404, 7)["data"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "params", "recorded"),
    [
        ("tools/call", {"name": "list_projects"}, "MCP tools/call list_projects"),
        ("resources/read", {"uri": "calmboard://nothing"}, "MCP resources/read calmboard://nothing"),
        ("tools/call", {"name": "a\0b"}, "MCP"),
        ("a\0b", {}, "MCP"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}gnip", {}, "MCP"),
        ("m" * 9000, {}, ("MCP " + "m" * 200)[:200]),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_the_last_use_is_recorded_where_it_can_be_shown(
    app: Flask, owner: TestUser, method: str, params: dict[str, Any], recorded: str
) -> None:
    key = owner.new_key(new_id("key"))
    McpClient(app, key).send(old(method, params=params))
    api = Api(app, key)
    used = api.get(f"/keys/{api.get('/me').json['credential']['id']}").json
    assert used["last_used_endpoint"] == recorded
