"""What one hit costs in each of the limiter's stores: `python -m bench.limiter`.

Each figure is the median of interleaved rounds, in microseconds of wall time; compare the
ratios between machines. Redis is the local redis-server, over TCP, started for the run.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from limits import RateLimitItemPerHour
from limits.storage import RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from calmboard.access.limits.storage import FixedWindow, RedisScript, SharedMemory, storage_uri
from tests.support.servers.redis_server import running_redis

ROUNDS = 5
MANY_KEYS = 50_000
WINDOW_S = 3600


def main() -> None:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis_url = stack.enter_context(running_redis(directory))
        pool = stack.enter_context(ProcessPoolExecutor(2, mp_context=get_context("spawn")))
        costs = measure(cases(SharedMemory(storage_uri(None, directory)), redis_url, pool))
    report(costs)


def cases(file: SharedMemory, redis_url: str, pool: ProcessPoolExecutor) -> dict[str, Callable[[], float]]:
    """Name of each case and the function that runs it once; it returns microseconds per hit."""
    script = RedisScript(storage_uri(redis_url, file.storage))
    storage = RedisStorage(redis_url)
    uri = f"calmboard+shm://{file.storage}"
    for number in range(MANY_KEYS):
        file.count(f"key {number}", WINDOW_S)
    return {
        "file, 1 key": lambda: hit_keys(file, 1, 50_000),
        "file, 50,000 keys": lambda: hit_keys(file, MANY_KEYS, 50_000),
        "file, 1 key, 2 processes": lambda: hit_in_two_processes(pool, uri, 1),
        "file, 50,000 keys, 2 processes": lambda: hit_in_two_processes(pool, uri, MANY_KEYS),
        "file, 1 key, beside a busy thread": lambda: hit_beside_busy_thread(file),
        "Redis, one script": lambda: hit_keys(script, 1, 2_000),
        "Redis, hit and stats of limits": lambda: hit_and_stats(storage, 2_000),
    }


def hit_keys(store: FixedWindow, keys: int, hits: int) -> float:
    names = [f"key {number}" for number in range(keys)] * (hits // keys)
    started_at = time.perf_counter()
    for name in names:
        store.count(name, WINDOW_S)
    return (time.perf_counter() - started_at) / len(names) * 1e6


def hit_in_process(uri: str, keys: int) -> float:
    return hit_keys(SharedMemory(uri), keys, 50_000)


def hit_in_two_processes(pool: ProcessPoolExecutor, uri: str, keys: int) -> float:
    return max(pool.map(hit_in_process, [uri] * 2, [keys] * 2))


def hit_beside_busy_thread(store: FixedWindow) -> float:
    """As with a concurrent request that computes: it takes half of the time, so 2 is the minimum."""
    done = threading.Event()
    busy = threading.Thread(target=compute_until, args=(done,))
    busy.start()
    cost = hit_keys(store, 1, 50_000)
    done.set()
    busy.join()
    return cost


def compute_until(done: threading.Event) -> None:
    while not done.is_set():
        sum(range(1000))


def hit_and_stats(storage: Storage, hits: int) -> float:
    """As Flask-Limiter does: count, then read the values for its headers."""
    limiter = FixedWindowRateLimiter(storage)
    item = RateLimitItemPerHour(1_000_000_000)
    started_at = time.perf_counter()
    for _ in range(hits):
        limiter.hit(item, "key 0")
        limiter.get_window_stats(item, "key 0")
    return (time.perf_counter() - started_at) / hits * 1e6


def measure(cases: dict[str, Callable[[], float]]) -> dict[str, float]:
    rounds = [{name: run() for name, run in cases.items()} for _ in range(ROUNDS)]
    return {name: median(costs[name] for costs in rounds) for name in cases}


def report(costs: dict[str, float]) -> None:
    least = costs["file, 1 key"]
    print(f"{'':36}us per hit   x file, 1 key")
    for name, cost in costs.items():
        print(f"{name:36}{cost:10.1f}{cost / least:16.2f}")
    saved = costs["Redis, hit and stats of limits"] / costs["Redis, one script"]
    print(f"One script is {saved:.1f} times as fast as hit and stats of limits on the same server.")


if __name__ == "__main__":
    main()
