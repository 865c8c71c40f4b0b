"""A line of JSON for each request, and an id that it is answered with."""

import json
import sys
import time
import uuid
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestLog:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started_s, request_id = time.perf_counter(), f"req_{uuid.uuid4().hex}"
        status = 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            _write(scope, request_id, status, time.perf_counter() - started_s)


def _write(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    route, client = scope.get("route"), scope.get("client")
    line = {
        "at": datetime.now(UTC).isoformat(),
        "request_id": request_id,
        "method": scope["method"],
        "route": route.path if route else None,
        "status": status,
        "ms": round(seconds * 1000, 2),
        "ip": client[0] if client else None,
        "credential": scope.get("state", {}).get("credential"),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
