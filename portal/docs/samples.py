"""One request in the languages of the examples. Each is a whole program, or one command."""

import json
from dataclasses import dataclass
from typing import Any

KEY = "CALMBOARD_API_KEY"


@dataclass(frozen=True, slots=True)
class Call:
    """A request, before it is put into a language."""

    method: str
    url: str
    body: Any = None
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """One request in one language; `file` is where it is typed."""

    slug: str
    language: str
    file: str
    text: str


def samples(call: Call) -> tuple[Sample, ...]:
    if call.is_form:
        return (_curl_upload(call),)
    return (_curl(call), _python(call), _javascript(call), _go(call), _powershell(call))


def _curl(call: Call) -> Sample:
    method = "" if call.method == "GET" else f"-X {call.method} "
    lines = [f"curl {method}{call.url}", f'-H "Authorization: Bearer ${KEY}"']
    if call.body is not None:
        quoted = json.dumps(call.body, ensure_ascii=False).replace("'", "\\u0027")
        lines += ['-H "Content-Type: application/json"', f"-d '{quoted}'"]
    return Sample("curl", "curl", "Terminal", " \\\n  ".join(lines))


def _curl_upload(call: Call) -> Sample:
    lines = [f"curl -X {call.method} {call.url}", f'-H "Authorization: Bearer ${KEY}"', '-F "file=@note.txt;type=text/plain"']
    return Sample("curl", "curl", "Terminal", " \\\n  ".join(lines))


def _python(call: Call) -> Sample:
    body = "" if call.body is None else f'body = r"""{json.dumps(call.body, indent=4, ensure_ascii=False)}"""\n'
    type_line = "" if call.body is None else '        "Content-Type": "application/json",\n'
    data_line = "" if call.body is None else "    data=body.encode(),\n"
    text = (
        f"import os\nimport urllib.request\n\n{body}"
        f'request = urllib.request.Request(\n    "{call.url}",\n    method="{call.method}",\n'
        f'    headers={{\n        "Authorization": "Bearer " + os.environ["{KEY}"],\n{type_line}    }},\n{data_line})\n'
        "with urllib.request.urlopen(request) as answer:\n    print(answer.status, answer.read().decode())"
    )
    return Sample("python", "Python", "example.py", text)


def _javascript(call: Call) -> Sample:
    type_line = "" if call.body is None else '    "Content-Type": "application/json",\n'
    body = json.dumps(call.body, indent=2, ensure_ascii=False).replace("\n", "\n  ")
    body_line = "" if call.body is None else f"  body: JSON.stringify({body}),\n"
    text = (
        f'const answer = await fetch("{call.url}", {{\n  method: "{call.method}",\n'
        f"  headers: {{\n    Authorization: `Bearer ${{process.env.{KEY}}}`,\n{type_line}  }},\n{body_line}}});\n"
        "console.log(answer.status, await answer.text());"
    )
    return Sample("javascript", "JavaScript", "example.mjs", text)


def _go(call: Call) -> Sample:
    strings = "" if call.body is None else '\n\t"strings"'
    reader, body, type_line = "nil", "", ""
    if call.body is not None:
        text = json.dumps(call.body, indent=2, ensure_ascii=False).replace("`", "\\u0060")
        body, reader = f"\tbody := strings.NewReader(`{text}`)\n", "body"
        type_line = '\trequest.Header.Set("Content-Type", "application/json")\n'
    text = (
        f'package main\n\nimport (\n\t"fmt"\n\t"io"\n\t"log"\n\t"net/http"\n\t"os"{strings}\n)\n\nfunc main() {{\n{body}'
        f'\trequest, err := http.NewRequest("{call.method}", "{call.url}", {reader})\n'
        "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
        f'\trequest.Header.Set("Authorization", "Bearer "+os.Getenv("{KEY}"))\n{type_line}'
        "\tanswer, err := http.DefaultClient.Do(request)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
        "\tdefer answer.Body.Close()\n\ttext, err := io.ReadAll(answer.Body)\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
        "\tfmt.Println(answer.StatusCode, string(text))\n}"
    )
    return Sample("go", "Go", "main.go", text)


def _powershell(call: Call) -> Sample:
    lines = [
        "$request = @{",
        f"    Method = '{call.method}'",
        f"    Uri = '{call.url}'",
        f'    Headers = @{{ Authorization = "Bearer $env:{KEY}" }}',
    ]
    if call.body is not None:
        text = json.dumps(call.body, indent=2, ensure_ascii=False).replace("'", "\\u0027")
        lines += ["    ContentType = 'application/json; charset=utf-8'", f"    Body = '{text}'"]
    return Sample("powershell", "PowerShell", "example.ps1", "\n".join([*lines, "}", "Invoke-RestMethod @request"]))
