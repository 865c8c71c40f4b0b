"""How many refresh grants a second of CPU gives, here and with node's oidc-provider: `python -m bench.refresh`.

Both rotate the tokens of a public client, which has its codes by PKCE. Ours is served by granian
on SQLite, counts requests and writes a log; oidc-provider is one process that keeps everything in
memory and does neither, so the two are not alike. CPU is that of the whole process tree; compare
the ratio of interleaved rounds between machines.
"""

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.client import HTTPConnection
from os import sysconf
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import flask_migrate
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask

from calmboard.access.access import Access
from calmboard.access.oauth import grants
from calmboard.access.oauth.clients import Client, own_client
from calmboard.db import db
from calmboard.work.people import add_person
from tests.support.servers.databases import open_databases, settings_for
from tests.support.servers.programs import free_port
from tests.support.servers.run import make_run_dir
from tests.support.servers.server import running_server
from wsgi import create_app

ROUNDS = 7
CONNECTIONS = 8
GRANTS_EACH = 12
REFRESHES_EACH = 120
SCOPES = frozenset(("projects:read", "tasks:read", "tasks:write"))

_DIRECTORY = Path(__file__).with_name("oidc")
_TICKS_PER_S = sysconf("SC_CLK_TCK")


@dataclass
class BenchmarkServer:
    """A running server, and the current refresh token of each grant."""

    name: str
    pid: int
    port: int
    token_path: str
    client_id: str
    resource: str
    refresh_tokens: list[str] = field(default_factory=list)

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> str:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        with _connection(self.port) as connection:
            return self._send(connection, form)

    def refresh(self, grant_indexes: range) -> None:
        """Refresh some of the grants in turn, on one connection."""
        with _connection(self.port) as connection:
            for number in range(REFRESHES_EACH):
                index = grant_indexes[number % len(grant_indexes)]
                form = {"grant_type": "refresh_token", "refresh_token": self.refresh_tokens[index]}
                self.refresh_tokens[index] = self._send(connection, form)

    def _send(self, connection: HTTPConnection, form: dict[str, str]) -> str:
        """Returns the refresh token of the answer."""
        body = urlencode({**form, "client_id": self.client_id, "resource": self.resource})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", self.token_path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        token: str = json.loads(text)["refresh_token"]
        return token


def main() -> None:
    run_dir = make_run_dir()
    try:
        with ExitStack() as stack:
            servers = [stack.enter_context(calmboard_server(run_dir)), stack.enter_context(oidc_provider())]
            report(measure(servers))
    finally:
        shutil.rmtree(run_dir, ignore_errors=True)


@contextmanager
def calmboard_server(run_dir: Path) -> Iterator[BenchmarkServer]:
    databases, port = open_databases("sqlite", run_dir, "bench"), free_port()
    settings = replace(settings_for(databases.empty(), databases.directory), port=port, origin=f"http://127.0.0.1:{port}")
    verifier = secrets.token_urlsafe(48)
    client, codes = _codes(create_app(settings), settings.origin, create_s256_code_challenge(verifier))
    with running_server(settings) as running:
        server = BenchmarkServer("CalmBoard", running.process.pid, port, "/api/oauth/token", client.id, settings.origin)
        server.refresh_tokens = [server.redeem(code, client.redirect_uris[0], verifier) for code in codes]
        yield server


def _codes(app: Flask, origin: str, challenge: str) -> tuple[Client, list[str]]:
    with app.app_context():
        flask_migrate.upgrade()
        person = add_person("owner@calmboard.test", "Ana Ruiz", "quiet-harbour-seven-lanterns", "pro")
        db.session.commit()
        client = own_client(person, origin)
        consent = grants.Consent(client, client.redirect_uris[0], challenge, origin, SCOPES)
        codes = [grants.grant(Access.from_session(person), consent) for _ in range(CONNECTIONS * GRANTS_EACH)]
        db.engine.dispose()
    return client, codes


@contextmanager
def oidc_provider() -> Iterator[BenchmarkServer]:
    port = free_port()
    command = [str(_find_node()), str(_DIRECTORY / "server.js"), str(port), str(CONNECTIONS * GRANTS_EACH)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            setup = json.loads(process.stdout.readline())
            server = BenchmarkServer("oidc-provider", process.pid, port, "/token", setup["client_id"], setup["resource"])
            redeem = partial(server.redeem, redirect_uri=setup["redirect_uri"], verifier=setup["code_verifier"])
            server.refresh_tokens = [redeem(code) for code in setup["codes"]]
            yield server
        finally:
            process.terminate()


def _find_node() -> Path:
    """The Node that comes with the packages of bench/oidc, which are installed where they are missing."""
    if not (_DIRECTORY / "node_modules").exists():
        quiet = ("--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--silent")
        subprocess.run(["npm", "install", *quiet], cwd=_DIRECTORY, check=True)
    node = next(_DIRECTORY.glob("node_modules/node-linux-*/bin/node"), None)
    return node or sys.exit("npm has no Node for this machine; it is there for Linux on x64 and arm64.")


def measure(servers: list[BenchmarkServer]) -> list[dict[str, float]]:
    """Milliseconds of CPU for one refresh, by name, in each round. The first round only warms up."""
    rounds = [{server.name: cpu_ms(server) for server in servers} for _ in range(ROUNDS + 1)]
    return rounds[1:]


def cpu_ms(server: BenchmarkServer) -> float:
    ranges = [range(index, index + GRANTS_EACH) for index in range(0, CONNECTIONS * GRANTS_EACH, GRANTS_EACH)]
    before_s = _cpu_s(server.pid)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(server.refresh, ranges))
    return (_cpu_s(server.pid) - before_s) * 1000 / (CONNECTIONS * REFRESHES_EACH)


def _cpu_s(pid: int) -> float:
    """Seconds of CPU that a process and those it started have used (proc(5), stat)."""
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with path.open() as file:
            fields = file.read().rpartition(")")[2].split()
        number = int(path.parent.name)
        parents[number], ticks[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    tree = {pid}
    while more := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(ticks[number] for number in tree) / _TICKS_PER_S


@contextmanager
def _connection(port: int) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def report(rounds: list[dict[str, float]]) -> None:
    print(f"{'':16}{'CPU ms each':>12}{'per CPU s':>12}")
    for name in rounds[0]:
        cost = median(costs[name] for costs in rounds)
        print(f"{name:16}{cost:>12.2f}{1000 / cost:>12.0f}")
    ratios = [costs["oidc-provider"] / costs["CalmBoard"] for costs in rounds]
    print(f"For the same CPU CalmBoard gives {median(ratios):.2f} times as many ({min(ratios):.2f} to {max(ratios):.2f}).")


if __name__ == "__main__":
    main()
