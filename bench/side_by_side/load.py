"""The load: wrk, which sends prepared requests in turn on so many connections."""

import json
import re
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

CONNECTIONS = 16

_SCRIPT = Path(__file__).with_name("load.lua")


class LoadFailed(Exception):
    """A server did not answer each request with success."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; its body has no line breaks."""

    method: str
    path: str
    headers: dict[str, str]
    body: str = ""

    @property
    def line(self) -> str:
        return "\t".join((self.method, self.path, self.body, *(f"{name}: {value}" for name, value in self.headers.items())))


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of a load: how many answers in how many seconds, and how long half and 99 of 100 of them took at most."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int = field(repr=False)
    broken: int = field(repr=False)


def require_answer(port: int, request: Request, pattern: str) -> None:
    """Send one request by itself. Raises LoadFailed where its answer does not hold the pattern."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(request.method, request.path, request.body or None, request.headers)
        answer = connection.getresponse().read().decode()
    if not re.search(pattern, answer):
        raise LoadFailed(f"{request.method} {request.path} was answered without {pattern}: {answer[:300]}")


def run(port: int, requests: Sequence[Request], seconds: int, directory: Path) -> Answers:
    """Raises LoadFailed where an answer was no success, or none came. Refresh tokens are rotated as a client does."""
    prepared = directory / "requests"
    prepared.write_text("\n".join(request.line for request in requests) + "\n")
    command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}", "--timeout=15"]
    command += [f"--script={_SCRIPT}", f"http://127.0.0.1:{port}", "--", str(prepared)]
    command += ["rotating"] if "refresh_token=" in requests[0].body else []
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answers = Answers(**json.loads(output.strip().splitlines()[-1]))
    if answers.refused or answers.broken or not answers.requests:
        raise LoadFailed(f"{answers.refused} of {answers.requests} answers were refusals, {answers.broken} did not come")
    return answers
