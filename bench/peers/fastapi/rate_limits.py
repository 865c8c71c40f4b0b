"""How many requests a key may send: one script in Redis counts, and reads what is left."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

LIMIT, WINDOW_S = int(os.environ["RATE_LIMIT"]), 60

redis = Redis.from_url(os.environ["REDIS_URL"])

_count = redis.register_script(Path(os.environ["WINDOW_SCRIPT"]).read_text())


@dataclass(frozen=True, slots=True)
class Usage:
    policy: str
    used: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        remaining = max(0, LIMIT - self.used)
        return {
            "RateLimit-Policy": f'"{self.policy}";q={LIMIT};w={WINDOW_S}',
            "RateLimit": f'"{self.policy}";r={remaining};t={self.reset_s}',
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(self.reset_s),
        }


async def count_request(key_id: str, policy: str) -> Usage:
    used, left_ms = await _count(keys=[f"window:{key_id}"], args=[WINDOW_S * 1000])
    return Usage(policy, used, math.ceil(left_ms / 1000))
