"""Request and response examples for every endpoint, with the reader's own ids in them.

The endpoints come as plain data from the described views of the API; see `wsgi.py`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import current_app

from calmboard.access.access import Access
from calmboard.work.projects import example_ids

_BASE = "/api/v1"
_KEY = "CALMBOARD_API_KEY"


@dataclass(frozen=True, slots=True)
class Sample:
    """One request in one language; `file` is where it is typed."""

    slug: str
    language: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """`yours` are the values that are the reader's own; `response` is None where the answer has no body."""

    id: str
    summary: str
    method: str
    path: str
    scope: str | None
    samples: tuple[Sample, ...]
    yours: tuple[str, ...]
    status: int
    reason: str
    response: Any


@dataclass(frozen=True, slots=True)
class Noun:
    slug: str
    name: str
    path: str
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A request, before it is put into a language."""

    method: str
    url: str
    body: Any = None


def examples(access: Access) -> list[Noun]:
    own_ids = example_ids(access)
    nouns = current_app.extensions["calmboard_catalogue"]
    return [_noun(noun, own_ids) for noun in nouns]


def _noun(noun: Mapping[str, Any], own_ids: Mapping[str, str]) -> Noun:
    shown = tuple(_example(endpoint, own_ids) for endpoint in noun["endpoints"])
    return Noun(_slug(noun["name"]), noun["name"], noun["path"], shown)


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


def _example(endpoint: Mapping[str, Any], own_ids: Mapping[str, str]) -> Example:
    ids = {name: own_ids.get(name, name.upper()) for name in endpoint["parameters"]}
    path = endpoint["path"].format_map(ids)
    call = Call(endpoint["method"], current_app.config["CALMBOARD"].origin + path, endpoint["body"])
    return Example(
        endpoint["name"].replace("_", "-"),
        endpoint["summary"],
        call.method,
        endpoint["path"].removeprefix(_BASE),
        endpoint["scope"],
        (_curl(call), _python(call), _javascript(call)),
        (f"${_KEY}", _KEY, *ids.values()),
        endpoint["status"],
        HTTPStatus(endpoint["status"]).phrase,
        endpoint["response"],
    )


def _curl(call: Call) -> Sample:
    method = "" if call.method == "GET" else f"-X {call.method} "
    lines = [f"curl {method}{call.url}", f'-H "Authorization: Bearer ${_KEY}"']
    if call.body is not None:
        quoted = json.dumps(call.body, ensure_ascii=False).replace("'", "\\u0027")
        lines += ['-H "Content-Type: application/json"', f"-d '{quoted}'"]
    return Sample("curl", "curl", "Terminal", " \\\n  ".join(lines))


def _python(call: Call) -> Sample:
    body = "" if call.body is None else f'body = r"""{json.dumps(call.body, indent=4, ensure_ascii=False)}"""\n'
    type_line = "" if call.body is None else '        "Content-Type": "application/json",\n'
    data_line = "" if call.body is None else "    data=body.encode(),\n"
    text = (
        f"import os\nimport urllib.request\n\n{body}"
        f'request = urllib.request.Request(\n    "{call.url}",\n    method="{call.method}",\n'
        f'    headers={{\n        "Authorization": "Bearer " + os.environ["{_KEY}"],\n{type_line}    }},\n{data_line})\n'
        "with urllib.request.urlopen(request) as answer:\n    print(answer.status, answer.read().decode())"
    )
    return Sample("python", "Python", "example.py", text)


def _javascript(call: Call) -> Sample:
    type_line = "" if call.body is None else '    "Content-Type": "application/json",\n'
    body = json.dumps(call.body, indent=2, ensure_ascii=False).replace("\n", "\n  ")
    body_line = "" if call.body is None else f"  body: JSON.stringify({body}),\n"
    text = (
        f'const answer = await fetch("{call.url}", {{\n  method: "{call.method}",\n'
        f"  headers: {{\n    Authorization: `Bearer ${{process.env.{_KEY}}}`,\n{type_line}  }},\n{body_line}}});\n"
        "console.log(answer.status, await answer.text());"
    )
    return Sample("javascript", "JavaScript", "example.mjs", text)
