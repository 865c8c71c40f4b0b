"""How many requests a key may send: one script in Redis counts, and reads what is left."""

import math
import os
from dataclasses import dataclass

from redis.asyncio import Redis

LIMIT, WINDOW_S = int(os.environ["RATE_LIMIT"]), 60

redis = Redis.from_url(os.environ["REDIS_URL"])

_count = redis.register_script("""
local count = redis.call('INCRBY', KEYS[1], 1)
local left_ms = redis.call('PTTL', KEYS[1])
if left_ms < 0 then
    left_ms = tonumber(ARGV[1])
    redis.call('PEXPIRE', KEYS[1], left_ms)
end
return {count, left_ms}
""")


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
