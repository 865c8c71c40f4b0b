"""How many requests a key may send: one script in Redis counts, and reads what is left."""

import math
import os
from pathlib import Path

from django.views import View
from redis import Redis
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

LIMIT, WINDOW_S = int(os.environ["RATE_LIMIT"]), 60

_count = Redis.from_url(os.environ["REDIS_URL"]).register_script(Path(os.environ["WINDOW_SCRIPT"]).read_text())


class KeyThrottle(BaseThrottle):
    """Leaves the headers of the window on the request, for the middleware."""

    def allow_request(self, request: Request, _view: View) -> bool:
        used, left_ms = _count(keys=[f"window:{request.auth.id}"], args=[WINDOW_S * 1000])
        self._reset_s = math.ceil(left_ms / 1000)
        policy, remaining = request.user.plan, max(0, LIMIT - used)
        request._request.window_headers = {
            "RateLimit-Policy": f'"{policy}";q={LIMIT};w={WINDOW_S}',
            "RateLimit": f'"{policy}";r={remaining};t={self._reset_s}',
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(self._reset_s),
        }
        request._request.credential = request.auth.id
        return used <= LIMIT

    def wait(self) -> float:
        return self._reset_s
