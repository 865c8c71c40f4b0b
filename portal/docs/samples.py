"""One request in the languages of the examples. Each is a whole program, or one command."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = "CALMBOARD_API_KEY"


@dataclass(frozen=True, slots=True)
class ExampleRequest:
    """A request, before it is put into a language."""

    method: str
    url: str
    body: Any = None
    is_form: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """One request in one language; `file` is where it is typed."""

    slug: str
    language: str
    file: str
    text: str


def samples(request: ExampleRequest) -> tuple[Sample, ...]:
    if request.is_form:
        return (_curl_upload(request),)
    return (_curl(request), _python(request), _javascript(request), _go(request), _powershell(request))


def curl(request: ExampleRequest) -> str:
    """The lines for a terminal, which have the request's own headers too."""
    return (_curl_upload(request) if request.is_form else _curl(request)).text


def _curl(request: ExampleRequest) -> Sample:
    method = "" if request.method == "GET" else f"-X {request.method} "
    url = f'"{request.url}"' if "?" in request.url else request.url
    lines = [f"curl {method}{url}", f'-H "Authorization: Bearer ${KEY}"', *_header_lines(request)]
    if request.body is not None:
        quoted = json.dumps(request.body, ensure_ascii=False).replace("'", "\\u0027")
        lines += ['-H "Content-Type: application/json"', f"-d '{quoted}'"]
    return Sample("curl", "curl", "Terminal", " \\\n  ".join(lines))


def _curl_upload(request: ExampleRequest) -> Sample:
    lines = [
        f"curl -X {request.method} {request.url}",
        f'-H "Authorization: Bearer ${KEY}"',
        *_header_lines(request),
        '-F "file=@note.txt;type=text/plain"',
    ]
    return Sample("curl", "curl", "Terminal", " \\\n  ".join(lines))


def _header_lines(request: ExampleRequest) -> list[str]:
    return [f"-H {shlex.quote(f'{name}: {text}')}" for name, text in request.headers.items()]


def _python(request: ExampleRequest) -> Sample:
    body = "" if request.body is None else f'body = r"""{json.dumps(request.body, indent=4, ensure_ascii=False)}"""\n'
    type_line = "" if request.body is None else '        "Content-Type": "application/json",\n'
    data_line = "" if request.body is None else "    data=body.encode(),\n"
    text = (
        f"import os\nimport urllib.request\n\n{body}"
        f'request = urllib.request.Request(\n    "{request.url}",\n    method="{request.method}",\n'
        f'    headers={{\n        "Authorization": "Bearer " + os.environ["{KEY}"],\n{type_line}    }},\n{data_line})\n'
        "with urllib.request.urlopen(request) as answer:\n    print(answer.status, answer.read().decode())"
    )
    return Sample("python", "Python", "example.py", text)


def _javascript(request: ExampleRequest) -> Sample:
    type_line = "" if request.body is None else '    "Content-Type": "application/json",\n'
    body = json.dumps(request.body, indent=2, ensure_ascii=False).replace("\n", "\n  ")
    body_line = "" if request.body is None else f"  body: JSON.stringify({body}),\n"
    text = (
        f'const answer = await fetch("{request.url}", {{\n  method: "{request.method}",\n'
        f"  headers: {{\n    Authorization: `Bearer ${{process.env.{KEY}}}`,\n{type_line}  }},\n{body_line}}});\n"
        "console.log(answer.status, await answer.text());"
    )
    return Sample("javascript", "JavaScript", "example.mjs", text)


def _go(request: ExampleRequest) -> Sample:
    strings = "" if request.body is None else '\n\t"strings"'
    reader, body, type_line = "nil", "", ""
    if request.body is not None:
        text = json.dumps(request.body, indent=2, ensure_ascii=False).replace("`", "\\u0060")
        body, reader = f"\tbody := strings.NewReader(`{text}`)\n", "body"
        type_line = '\trequest.Header.Set("Content-Type", "application/json")\n'
    text = (
        f'package main\n\nimport (\n\t"fmt"\n\t"io"\n\t"log"\n\t"net/http"\n\t"os"{strings}\n)\n\nfunc main() {{\n{body}'
        f'\trequest, err := http.NewRequest("{request.method}", "{request.url}", {reader})\n'
        "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
        f'\trequest.Header.Set("Authorization", "Bearer "+os.Getenv("{KEY}"))\n{type_line}'
        "\tanswer, err := http.DefaultClient.Do(request)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
        "\tdefer answer.Body.Close()\n\ttext, err := io.ReadAll(answer.Body)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
        "\tfmt.Println(answer.StatusCode, string(text))\n}"
    )
    return Sample("go", "Go", "main.go", text)


def _powershell(request: ExampleRequest) -> Sample:
    """The one language whose examples are only parsed in the tests, not run: Debian, PyPI and npm bring no PowerShell."""
    lines = [
        "$request = @{",
        f"    Method = '{request.method}'",
        f"    Uri = '{request.url}'",
        f'    Headers = @{{ Authorization = "Bearer $env:{KEY}" }}',
    ]
    if request.body is not None:
        text = json.dumps(request.body, indent=2, ensure_ascii=False).replace("'", "\\u0027")
        lines += ["    ContentType = 'application/json; charset=utf-8'", f"    Body = '{text}'"]
    return Sample("powershell", "PowerShell", "example.ps1", "\n".join([*lines, "}", "Invoke-RestMethod @request"]))
