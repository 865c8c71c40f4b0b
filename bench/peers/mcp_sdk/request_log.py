"""A line of JSON for each request."""

import json
import sys
import time
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestLog:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started_s, status = time.perf_counter(), 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            _write(scope, status, time.perf_counter() - started_s)


def _write(scope: Scope, status: int, seconds: float) -> None:
    client = scope.get("client")
    line = {
        "at": datetime.now(UTC).isoformat(),
        "method": scope["method"],
        "route": scope["path"],
        "status": status,
        "ms": round(seconds * 1000, 2),
        "ip": client[0] if client else None,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
