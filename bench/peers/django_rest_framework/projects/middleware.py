"""A line of JSON for each request, and the headers that every answer has."""

import json
import sys
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class RequestLog:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started_s, request_id = time.perf_counter(), f"req_{uuid.uuid4().hex}"
        response = self._get_response(request)
        for name, value in {"X-Request-Id": request_id, **getattr(request, "window_headers", {})}.items():
            response.headers[name] = value
        line = {
            "at": timezone.now().isoformat(),
            "request_id": request_id,
            "method": request.method,
            "route": request.resolver_match.route if request.resolver_match else None,
            "status": response.status_code,
            "ms": round((time.perf_counter() - started_s) * 1000, 2),
            "ip": request.META.get("REMOTE_ADDR"),
            "credential": getattr(request, "credential", None),
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        return response
