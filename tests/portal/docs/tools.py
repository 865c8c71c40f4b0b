"""What each tool does with a recipe: it puts its values in, as it documents, and sends the request."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

import yaml

from tests.support.servers.programs import find_program

Values = Mapping[str, str]
Codes = Mapping[str, str]

_HEADER_LINE = re.compile(r"^([A-Za-z-]+): (.+)$", re.MULTILINE)
_EVALUATE = """
const [$json, template] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const evaluate = (_, expression) => String(new Function("$json", `return (${expression})`)($json));
process.stdout.write(template.replace(/\\{\\{(.*?)\\}\\}/gs, evaluate));
"""


def send_from_jira(codes: Codes, key: str, issue: Values) -> int:
    """Smart values are put in as text; only their functions escape."""

    def put_in(template: str) -> str:
        return re.sub(r"\{\{(.+?)\}\}", lambda found: _smart_value(found[1], issue), template)

    return send(put_in(codes["url"]), _headers_from(codes["headers"], key), put_in(codes["body"]))


def send_from_trello(codes: Codes, key: str, card: Values) -> int:
    """Variables are encoded in the URL and escaped for JSON in the payload."""

    def put_in(template: str, write: Any) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: write(card[found[1]]), template)

    headers = json.loads(codes["headers"].replace("cbk_…", key))
    return send(put_in(codes["url"], _as_path_segment), headers, put_in(codes["body"], _as_json_inside))


def send_from_power_automate(codes: Codes, key: str, message: Values) -> int:
    """The body is read as JSON first; then each text of it is evaluated by itself."""

    def put_in(template: str) -> str:
        return re.sub(r"@\{(.+?)\}", lambda found: _evaluated(found[1], message), template)

    body = {name: put_in(text) for name, text in json.loads(codes["body"]).items()}
    return send(put_in(codes["url"]), _headers_from(codes["headers"], key), json.dumps(body))


def send_from_n8n(codes: Codes, key: str, item: Values) -> int:
    """A value that begins with = is a template whose expressions are JavaScript."""
    [node] = json.loads(codes["listing"])["nodes"]
    parameters = node["parameters"]
    url, body = (_in_javascript(parameters[name], item) for name in ("url", "jsonBody"))
    headers = {"Content-Type": "application/json", **_headers_from(codes["headers"], key)}
    return send(url, headers, body, parameters["method"])


def run_as_github(codes: Codes, key: str, event: Values) -> None:
    """Expressions are put into the environment; the script is bash -e."""
    step = yaml.safe_load(codes["listing"])["jobs"]["task"]["steps"][0]
    known = {"secrets.CALMBOARD_API_KEY": key, **event}

    def put_in(text: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], text)

    run(["bash", "-e", "-o", "pipefail", "-c", step["run"]], {name: put_in(text) for name, text in step["env"].items()})


def run(command: list[str], environment: Values) -> str:
    """What a program wrote. Raises CalledProcessError where it failed, and leaves out a test whose program is missing."""
    programs = {"bash": "bash", "sh": "dash", "node": "npm", "python3": "python3"}
    program = find_program(programs[command[0]], command[0])
    for needed in ("jq", "curl"):
        find_program(needed, needed)
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONUTF8": "1"}
    answer = subprocess.run([program, *command[1:]], env={**path, **environment}, check=True, capture_output=True, timeout=30)
    return answer.stdout.decode()


def send(url: str, headers: Values, body: str, method: str = "PUT") -> int:
    """The status of the answer. Raises HTTPError for a refusal."""
    request = urllib.request.Request(url, body.encode(), dict(headers), method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)


def _headers_from(text: str, key: str) -> dict[str, str]:
    return dict(_HEADER_LINE.findall(text.replace("cbk_…", key)))


def _smart_value(expression: str, issue: Values) -> str:
    name, _, function = expression.partition(".format(")
    if function:
        return date.fromisoformat(issue[name]).strftime("%Y-%m-%d") if issue[name] else ""
    name, _, function = expression.rpartition(".")
    if function == "asJsonString":
        return json.dumps(issue[name], ensure_ascii=False)
    return _as_json_inside(issue[name]) if function == "jsonEncode" else issue[expression]


def _evaluated(expression: str, message: Values) -> str:
    taken = re.fullmatch(r"take\((.+), (\d+)\)", expression)
    if taken:
        return _evaluated(taken[1], message)[: int(taken[2])]
    trigger, *path = expression.split("?")
    assert trigger == "triggerBody()"
    return message["/".join(name.strip("[]'") for name in path)]


def _in_javascript(template: str, item: Values) -> str:
    assert template.startswith("=")
    stdin = json.dumps([dict(item), template.removeprefix("=")])
    node = find_program("npm", "node")
    return subprocess.run(
        [node, "-e", _EVALUATE], input=stdin.encode(), check=True, capture_output=True, timeout=30
    ).stdout.decode()


def _as_json_inside(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _as_path_segment(text: str) -> str:
    return quote(text, safe="")
