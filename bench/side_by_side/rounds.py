"""Interleaved rounds: the servers are measured in turn at the same work, so that what slows the machine down meets all."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial

from bench.side_by_side.samples import Sample, measure, warm_up
from bench.side_by_side.servers import Server, our_server, our_server_with_kept_keys, peer
from bench.side_by_side.stage import Stage
from bench.side_by_side.works import KEPT_KEYS, OURS, OURS_SQLITE, Work

Samples = dict[str, list[Sample]]
Note = Callable[[str], None]


class Rounds:
    """Starts a server where it is first needed. What fails is named in `failures`; the rest goes on."""

    def __init__(self, stage: Stage, until_end: ExitStack, note: Note) -> None:
        self._stage = stage
        self._until_end = until_end
        self._note = note
        self._running: dict[str, Server] = {}
        self.failures: dict[str, str] = {}

    def run(self, work: Work, rounds: int, seconds: int) -> Samples:
        """The samples of each server by its name, in the order of the work."""
        ready = [name for name in work.requests if self._succeeds(work, name, partial(warm_up, self._stage, work, name))]
        samples: Samples = {name: [] for name in ready}
        for number in range(1, rounds + 1):
            for name in ready:
                self._note(f"{work.title}: round {number} of {rounds}, {name}")
                self._succeeds(work, name, partial(self._add_sample, work, name, seconds, samples[name]))
        return {name: of_server for name, of_server in samples.items() if of_server}

    def _succeeds(self, work: Work, name: str, step: Callable[[Server], None]) -> bool:
        """Whether a step does; a peer that cannot be built, started or asked must not end a run of half an hour."""
        try:
            step(self._server(name))
        except Exception as error:
            what, why = f"{work.title}: {name}", f"{type(error).__name__}: {error}".splitlines()[0]
            self.failures[what] = why
            self._note(f"FAILED: {what}: {why}")
            return False
        return True

    def _add_sample(self, work: Work, name: str, seconds: int, samples: list[Sample], server: Server) -> None:
        samples.append(measure(server, work.requests[name](server), seconds, self._stage))

    def _server(self, name: str) -> Server:
        """The server that does a work: `fastapi` for `fastapi, bare insert`."""
        name = name if name in (*OURS, KEPT_KEYS) else name.partition(", ")[0]
        if name not in self._running:
            self._note(f"starting {name}")
            self._running[name] = self._until_end.enter_context(start(self._stage, name))
        return self._running[name]


def start(stage: Stage, name: str) -> AbstractContextManager[Server]:
    if name in OURS:
        return our_server(name, stage.on_sqlite if name == OURS_SQLITE else stage.on_postgresql)
    if name == KEPT_KEYS:
        return our_server_with_kept_keys(name, stage.on_postgresql)
    return peer(name, stage.on_postgresql, stage.redis_url, stage.directory)
