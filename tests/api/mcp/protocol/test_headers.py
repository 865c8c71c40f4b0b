"""Headers repeat what the body says, exactly: every combination of those that do not is refused before anything is done."""

import base64
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import pytest
from flask import Flask
from msgspec import UNSET

from api.mcp.calls import CallContext, Content, text
from api.mcp.registry import REGISTRY, Tool
from tests.api.mcp.raw_client import CAPABILITIES, META, NAMED, VERSION, McpClient, headers_of, modern, old, refusal
from tests.support.clients.agent import LEGACY, MODERN
from tests.support.users import Answer, TestUser

# Messages, headers and addresses are handled in Python, whatever the database.
pytestmark = pytest.mark.database("sqlite")

MISMATCH, INVALID_PARAMS, UNSUPPORTED = -32020, -32602, -32022

REQUESTS: dict[str, dict[str, Any]] = {
    "server/discover": {},
    "tools/list": {},
    "tools/call": {"name": "repeat", "arguments": {}},
    "prompts/get": {"name": "no_such_prompt"},
    "resources/read": {"uri": "calmboard://nothing/1"},
}
SCHEMA = {
    "type": "object",
    "properties": {
        "place": {"type": "string", "x-mcp-header": "Place"},
        "count": {"type": "integer", "x-mcp-header": "Count"},
        "loud": {"type": "boolean", "x-mcp-header": "Loud"},
        "deep": {"type": "object", "properties": {"place": {"type": "string", "x-mcp-header": "Deep-Place"}}},
    },
}


def _repeat(_call: CallContext, args: Any) -> Content:
    return Content([text("done")], structured=dict(args))


@pytest.fixture
def client(app: Flask, owner: TestUser) -> Iterator[McpClient]:
    """To a server with one tool more, whose arguments stand in headers too."""
    registry = REGISTRY.get(app)
    registry.add(Tool("repeat", "Repeat", "Gives back what it is given.", _repeat, ("projects:read",), "reads", schema=SCHEMA))
    yield McpClient(app, owner.key)
    del registry.tools["repeat"]


@pytest.mark.parametrize("method", REQUESTS)
@pytest.mark.slow
def test_in_every_combination_only_headers_that_say_the_same_are_let_pass(client: McpClient, method: str) -> None:
    body = modern(method, REQUESTS[method])
    valid = client.ask(body)
    assert valid.json.get("error", {}).get("code") != MISMATCH
    variants = [[*_same(name, str(value)), *_other(name, str(value))] for name, value in headers_of(body).items()]
    wrongly_answered = [
        [variant.label for variant in combination]
        for combination in product(*variants)
        if not _is_answered(client.send(body, dict(variant.sent for variant in combination)), combination, valid)
    ]
    assert wrongly_answered == []


class HeaderVariant(NamedTuple):
    """A header in one of its ways."""

    label: str
    sent: tuple[str, str | list[str] | None]
    is_same: bool


def _same(name: str, value: str) -> Iterator[HeaderVariant]:
    yield HeaderVariant("as it is", (name, value), is_same=True)
    yield HeaderVariant("name in another case", (name.swapcase(), value), is_same=True)
    yield HeaderVariant("space around", (name, f" {value}\t "), is_same=True)


def _other(name: str, value: str) -> Iterator[HeaderVariant]:
    for label in (
        "",
        "  ",
        f"x{value}",
        value[:-1],
        f'"{value}"',
        f"{value};q=1",
        f"{value}, {value}",
        f"{value[:4]} {value[4:]}",
    ):
        yield HeaderVariant(f"“{label}”", (name, label), is_same=False)
    yield HeaderVariant("missing", (name, None), is_same=False)
    yield HeaderVariant("twice", (name, [value, value]), is_same=False)
    yield HeaderVariant("twice, once another", (name, [value, "x"]), is_same=False)
    if value.swapcase() != value:
        yield HeaderVariant("value in another case", (name, value.swapcase()), is_same=False)


def _is_answered(answer: Answer, variants: Sequence[HeaderVariant], valid: Answer) -> bool:
    """Whether it is answered as the request in order is where all headers say the same, and refused where one does not."""
    if all(variant.is_same for variant in variants):
        return (answer.status_code, answer.json) == (valid.status_code, valid.json)
    return answer.status_code == 400 and answer.json["error"]["code"] == MISMATCH and answer.json["id"] == 7


@pytest.mark.parametrize("version", LEGACY)
def test_the_header_of_an_earlier_revision_does_not_fit_a_modern_body(client: McpClient, version: str) -> None:
    refusal(client.ask(modern(), {"MCP-Protocol-Version": version}), 400, MISMATCH, 7)


def test_a_modern_header_does_not_fit_the_body_of_an_earlier_revision(client: McpClient) -> None:
    refusal(client.send(old(), {"MCP-Protocol-Version": MODERN}), 400, INVALID_PARAMS, 7)


@pytest.mark.parametrize("version", ["2024-11-05", "2025-11-26", "1", "", "2025-11-25, 2025-11-25"])
def test_an_unknown_revision_in_the_header_alone_is_400(client: McpClient, version: str) -> None:
    assert client.send(old(), {"MCP-Protocol-Version": version}).status_code == 400


def test_a_mismatch_comes_before_an_unknown_revision(client: McpClient) -> None:
    body = modern(params={"_meta": {**META, VERSION: "v999"}})
    refusal(client.ask(body, {"MCP-Protocol-Version": MODERN}), 400, MISMATCH, 7)
    refusal(client.ask(body, {"MCP-Protocol-Version": "v999"}), 400, UNSUPPORTED, 7)


def test_missing_metadata_comes_before_a_mismatch(client: McpClient) -> None:
    body = modern(params={"_meta": {VERSION: MODERN}})
    refusal(client.ask(body, {"Mcp-Method": None}), 400, INVALID_PARAMS, 7)
    body = modern(params={"_meta": {CAPABILITIES: {}}})
    refusal(client.ask(body, {"Mcp-Method": "x"}), 400, INVALID_PARAMS, 7)


@pytest.mark.parametrize("header", ["Mcp-Method", "Mcp-Name", "Mcp-Param-Place"])
def test_earlier_revisions_know_no_such_headers(client: McpClient, header: str) -> None:
    arguments = {"place": "x"}
    answer = client.send(
        old("tools/call", params={"name": "repeat", "arguments": arguments}),
        {"MCP-Protocol-Version": "2025-11-25", header: "nonsense"},
    )
    assert answer.json["result"]["structuredContent"] == arguments


def test_headers_of_sessions_and_streams_mean_nothing(client: McpClient) -> None:
    answer = client.ask(modern(), {"Mcp-Session-Id": "abc", "Last-Event-ID": "5", "Accept": "text/html"})
    assert answer.status_code == 200
    assert "Mcp-Session-Id" not in answer.headers


def encoded(value: str) -> str:
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="


# A value in the body, what the header says, and whether that is the same.
SENTINELS = [
    ("repeat", "repeat", True),
    ("repeat", encoded("repeat"), True),
    ("repeat", f"  {encoded('repeat')} ", True),
    ("Größe", encoded("Größe"), True),
    ("世界", encoded("世界"), True),
    (" padded ", encoded(" padded "), True),
    ("a\nb", encoded("a\nb"), True),
    ("", encoded(""), True),
    ("", "", True),
    ("=?base64?literal?=", encoded("=?base64?literal?="), True),
    (encoded("x"), encoded(encoded("x")), True),
    ("=?base64?", "=?base64?", True),
    ("=?base64?x", "=?base64?x", True),
    ("x?=", "x?=", True),
    ("?=", "?=", True),
    ("a\tb", "a\tb", True),
    ("repeat", encoded("repeat")[:-1], False),
    ("repeat", encoded("repeat")[:-2], False),
    ("repeat", encoded("repeat")[2:], False),
    ("repeat", encoded("repeat").replace("base64", "BASE64"), False),
    ("repeat", encoded("repeat").replace("base64", "Base64"), False),
    ("repeat", encoded("repeat").replace("base64", "q"), False),
    ("repeat", "=?base64?cmVwZWF0=?=", False),
    ("repeat", "=?base64?cmVw ZWF0?=", False),
    ("repeat", "=?base64?cmVwZWF?=", False),
    ("repeat", "=?base64?cmVwZWF0cg==?=", False),
    ("ab", "=?base64?YWI=?=", True),
    ("ab", "=?base64?YWI?=", False),
    ("ab", "=?base64?YWJ=?=", False),
    ("ab", "=?base64?YWI==?=", False),
    ("ab", "=?base64?YW=I?=", False),
    ("a", "=?base64?YR==?=", False),
    ("\N{PILCROW SIGN}??", "=?base64?wrY/Pw==?=", True),
    ("\N{PILCROW SIGN}??", "=?base64?wrY_Pw==?=", False),
    ("\ufffd", "=?base64?/w==?=", False),
    ("\ufffd", "=?base64?wK8=?=", False),
    ("repeat", encoded("repeat") + encoded("repeat"), False),
    ("repeat", f"{encoded('repeat')}, {encoded('repeat')}", False),
    ("repeat", encoded(encoded("repeat")), False),
    ("=?base64?literal?=", "=?base64?literal?=", False),
    ("é", "\N{LATIN SMALL LETTER E WITH ACUTE}", False),
    ("é", "é".encode().decode("latin-1"), False),
    ("a\x7fb", "a\x7fb", False),
    (" padded ", " padded ", False),
]


@pytest.mark.parametrize(("value", "header", "is_same"), SENTINELS, ids=lambda value: repr(value)[:40])
def test_an_argument_in_a_header_is_read_in_the_one_way_to_write_it(
    client: McpClient, value: str, header: str, is_same: bool
) -> None:
    body = modern("tools/call", {"name": "repeat", "arguments": {"place": value}})
    answer = client.ask(body, {"Mcp-Param-Place": header})
    if is_same:
        assert answer.json["result"]["structuredContent"] == {"place": value}
    else:
        refusal(answer, 400, MISMATCH, 7)


@pytest.mark.parametrize(("value", "header", "is_same"), SENTINELS, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("method", ["tools/call", "prompts/get", "resources/read"])
def test_a_name_in_a_header_is_read_in_the_same_way(
    client: McpClient, method: str, value: str, header: str, is_same: bool
) -> None:
    answer = client.ask(modern(method, {NAMED[method]: value}), {"Mcp-Name": header})
    if not is_same:
        refusal(answer, 400, MISMATCH, 7)
    elif value == "repeat" and method == "tools/call":
        assert answer.status_code == 200
    else:
        refusal(answer, 400, INVALID_PARAMS, 7)


@pytest.mark.parametrize(
    ("name", "value", "header", "is_same"),
    [
        ("Count", 42, "42", True),
        ("Count", 42, "42.0", True),
        ("Count", 42, "042", True),
        ("Count", -7, "-7", True),
        ("Count", 42, encoded("42"), True),
        ("Count", 0, "-0", True),
        ("Count", 2**53 - 1, str(2**53 - 1), True),
        ("Count", 42, "43", False),
        ("Count", 42, "42.5", False),
        ("Count", 42, "4.2e1", False),
        ("Count", 42, "0x2a", False),
        ("Count", 42, "+42", False),
        ("Count", 42, "4_2", False),
        ("Count", 42, encoded("\N{ARABIC-INDIC DIGIT FOUR}\N{ARABIC-INDIC DIGIT TWO}"), False),
        ("Count", 42, "9" * 5000, False),
        ("Count", 42, "", False),
        ("Count", 42, None, False),
        ("Count", None, None, True),
        ("Count", None, "42", False),
        ("Count", UNSET, None, True),
        ("Count", UNSET, "42", False),
        ("Loud", True, "true", True),
        ("Loud", False, "false", True),
        ("Loud", True, "True", False),
        ("Loud", True, "1", False),
        ("Loud", False, "", False),
        ("Loud", False, None, False),
        ("Loud", True, "false", False),
        ("Count", True, "1", False),
        ("Place", 5, "5", False),
        ("Place", ["a"], "a", False),
        ("Place", {"a": 1}, "a", False),
        ("Place", "a", ["a", "a"], False),
        ("Place", "A", "a", False),
    ],
)
def test_an_argument_is_compared_by_its_type(client: McpClient, name: str, value: Any, header: Any, is_same: bool) -> None:
    arguments = {} if value is UNSET else {name.lower(): value}
    answer = client.ask(modern("tools/call", {"name": "repeat", "arguments": arguments}), {f"mcp-param-{name}": header})
    if is_same:
        assert answer.json["result"]["structuredContent"] == arguments
    else:
        refusal(answer, 400, MISMATCH, 7)


@pytest.mark.parametrize(
    ("deep", "header", "is_same"),
    [
        ({"place": "x"}, "x", True),
        ({"place": "x"}, None, False),
        ({"place": "x"}, "y", False),
        ({}, None, True),
        ("x", None, True),
    ],
)
def test_an_argument_within_another_is_found_by_its_path(client: McpClient, deep: Any, header: str | None, is_same: bool) -> None:
    body = modern("tools/call", {"name": "repeat", "arguments": {"deep": deep}})
    answer = client.ask(body, {"Mcp-Param-Deep-Place": header})
    assert answer.status_code == (200 if is_same else 400), answer.text


def test_a_header_for_an_argument_that_nothing_repeats_is_passed_over(client: McpClient) -> None:
    body = modern("tools/call", {"name": "repeat", "arguments": {"other": "x"}})
    assert client.ask(body, {"Mcp-Param-Other": "y"}).status_code == 200
