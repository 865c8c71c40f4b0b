"""Attacks that would keep others out: held threads, held connections, costly bodies."""

import json
import time
from contextlib import ExitStack

from tests.attack.target import Target, require, require_refusal

_HELD, _IDLE = 100, 500
_PATIENCE_S = 5
_SETTLED_S = 1
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_PATHS = ("/sign-in", "/api/oauth/token", "/api/oauth/register", "/api/auth/session")


def hold_bodies(target: Target) -> str:
    """Announce bodies that never come."""
    heads = [f"POST {path} HTTP/1.1\r\nHost: {target.host}:{target.port}\r\nContent-Length: 1000\r\n\r\na=" for path in _PATHS]
    return _hold(target, [head.encode() for head in heads] * (_HELD // len(_PATHS)))


def hold_heads(target: Target) -> str:
    """Begin heads that never end."""
    return _hold(target, [f"GET / HTTP/1.1\r\nHost: {target.host}\r\nX-Slow: ".encode()] * _HELD)


def hold_connections(target: Target) -> str:
    return _hold(target, [b""] * _IDLE)


def read_nothing(target: Target) -> str:
    """Ask for large answers, and read none of them."""
    head = f"GET /api/openapi.json HTTP/1.1\r\nHost: {target.host}:{target.port}\r\n\r\n".encode()
    return _hold(target, [head] * _HELD)


def send_many_fields(target: Target) -> str:
    """90,000 fields in a form cost more than its bytes."""
    body = "&".join(f"a{number}=1" for number in range(90_000))
    for path in ("/sign-in", "/forgot-password", "/api/oauth/token", "/api/oauth/revoke"):
        answer = target.post(path, data=body, headers=_FORM)
        require(answer.status_code == 413, f"{path} read a form of 90,000 fields: {answer.status_code}")
    return "413 on each form"


def send_costly_json(target: Target) -> str:
    bodies = {
        "a deep list": b"[" * 60_000,
        "a deep object": b'{"a":' * 10_000,
        "doubled names": b'{"email":"a","email":"b"}',
        "a number without end": b'{"email":' + b"9" * 60_000 + b"}",
        "infinity": b'{"email":1e999}',
        "half a character": b'{"email":"\xff"}',
        "half a surrogate": b'{"email":"\\ud800"}',
        "many fields": json.dumps({str(number): 1 for number in range(5000)}).encode(),
    }
    for path in ("/api/auth/session", "/api/oauth/register", "/mcp"):
        for what, body in bodies.items():
            require_refusal(target.post(path, data=body, headers={"Content-Type": "application/json"}), f"{path}: {what}")
    return f"{len(bodies)} bodies refused at three addresses"


def _hold(target: Target, openings: list[bytes]) -> str:
    """Open a connection for each, keep all of them, and require that others are answered soon all the same."""
    with ExitStack() as stack:
        for opening in openings:
            stack.enter_context(target.connect()).sendall(opening)
        time.sleep(_SETTLED_S)
        started = time.monotonic()
        for path in ("/healthz", "/sign-in", "/.well-known/oauth-authorization-server"):
            answer = target.get(path, timeout=_PATIENCE_S)
            require(answer.status_code == 200, f"{path} was answered {answer.status_code} meanwhile")
        return f"{len(openings)} held, others answered in {(time.monotonic() - started) * 1000 / 3:.0f} ms"
