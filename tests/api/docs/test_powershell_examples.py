"""The examples in PowerShell, parsed by its grammar, since no package of these systems has PowerShell itself to run them."""

import json
import re
from collections.abc import Iterator
from html import unescape

import pytest
import tree_sitter_powershell
from flask import Flask
from tree_sitter import Language, Node, Parser

from api.docs.nouns import NOUNS
from api.framework.describe import Operation
from api.framework.uploads import FORM
from tests.api.framework.test_access_matrix import OPERATIONS

_PARSER = Parser(Language(tree_sitter_powershell.language()))
_EXAMPLE = re.compile(r'<code id="([a-z-]+)-powershell">(.*?)</code></pre>', re.DOTALL)
_PARAMETERS = {"Method", "Uri", "Headers", "ContentType", "Body"}
# PowerShell ends a text in single quotes at each of these.
_SINGLE_QUOTES = set("'\u2018\u2019\u201a\u201b")

pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite")]


@pytest.fixture(scope="module")
def examples(app: Flask) -> dict[str, str]:
    """The text of each example by the name of its endpoint."""
    client = app.test_client()
    pages = "".join(client.get(f"/docs/api/{slug}?lang=powershell").text for slug in NOUNS)
    return {name.replace("-", "_"): unescape(re.sub(r"<[^>]+>", "", text)) for name, text in _EXAMPLE.findall(pages)}


def test_each_is_powershell_that_sends_what_the_endpoint_takes(examples: dict[str, str]) -> None:
    documented = [one for one in OPERATIONS if one.noun in NOUNS and FORM not in one.description.media_types]
    assert {one.name for one in documented} == set(examples)
    for operation in documented:
        root = _PARSER.parse(examples[operation.name].encode()).root_node
        assert not root.has_error, examples[operation.name]
        assert _commands(root) == ["Invoke-RestMethod @request"]
        _assert_calls(operation, dict(_entries(root)))


@pytest.mark.parametrize(("right", "wrong"), [("\n}", "\n"), ("'GET'", "'GET"), ("Method =", "Method")])
def test_a_broken_example_is_found(examples: dict[str, str], right: str, wrong: str) -> None:
    broken = examples["read_me"].replace(right, wrong, 1)
    assert broken != examples["read_me"]
    assert _PARSER.parse(broken.encode()).root_node.has_error


def _assert_calls(operation: Operation, sent: dict[str, str]) -> None:
    path = re.sub(r"{\w+}", "[^/?]+", operation.path)
    assert set(sent) <= _PARAMETERS
    assert (sent["Method"], sent["Headers"]) == (operation.method, '@{ Authorization = "Bearer $env:CALMBOARD_API_KEY" }')
    assert re.fullmatch(rf"https?://[^/]+{path}(\?.*)?", sent["Uri"])
    assert not _SINGLE_QUOTES & set("".join(sent.values()))
    assert ("Body" in sent, "ContentType" in sent) == (operation.description.takes is not None,) * 2
    assert operation.description.takes is None or isinstance(json.loads(sent["Body"]), dict)


def _entries(root: Node) -> Iterator[tuple[str, str]]:
    """Name and value of what the hash @request holds; texts without their quotes."""
    body = next(node for node in _inside(root) if node.type == "hash_literal_body")
    for entry in body.named_children:
        name, value = (_text(part) for part in entry.named_children)
        yield name, value[1:-1] if value.startswith("'") else value


def _commands(root: Node) -> list[str]:
    return [_text(node) for node in _inside(root) if node.type == "command"]


def _inside(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _inside(child)


def _text(node: Node) -> str:
    return (node.text or b"").decode()
