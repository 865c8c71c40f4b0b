"""Interleaved rounds: the servers are measured in turn at the same work, so that what slows the machine down meets all."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial

from bench.side_by_side.samples import Sample, measure, warm_up
from bench.side_by_side.servers import Server, our_server, peer
from bench.side_by_side.stage import Stage
from bench.side_by_side.works import OURS, OURS_SQLITE, Work

Samples = dict[str, list[Sample]]
Note = Callable[[str], None]


class Rounds:
    """Starts a server where it is first needed; one that fails is named in `failures`, and left out from then on."""

    def __init__(self, stage: Stage, until_end: ExitStack, note: Note) -> None:
        self._stage = stage
        self._until_end = until_end
        self._note = note
        self._running: dict[str, Server] = {}
        self.failures: dict[str, str] = {}

    def run(self, work: Work, rounds: int, seconds: int) -> Samples:
        samples: Samples = {}
        for name in work.requests:
            self._attempt(name, partial(self._warm_up, work))
        for number in range(1, rounds + 1):
            for name in work.requests:
                self._note(f"{work.title}: round {number} of {rounds}, {name}")
                self._attempt(name, partial(self._measure, work, seconds, samples))
        return samples

    def _attempt(self, name: str, step: Callable[[str], None]) -> None:
        """A peer that cannot be built, started or asked must not end a run of half an hour."""
        if name in self.failures:
            return
        try:
            step(name)
        except Exception as error:
            self.failures[name] = f"{type(error).__name__}: {error}"
            self._note(f"{name} failed: {self.failures[name]}")

    def _warm_up(self, work: Work, name: str) -> None:
        server = self._server(name)
        warm_up(server, work.requests[name](server.filled), self._stage)

    def _measure(self, work: Work, seconds: int, samples: Samples, name: str) -> None:
        server = self._server(name)
        samples.setdefault(name, []).append(measure(server, work.requests[name](server.filled), seconds, self._stage))

    def _server(self, name: str) -> Server:
        """The server that does a work: `fastapi` for `fastapi, bare insert`."""
        name = name if name in OURS else name.partition(", ")[0]
        if name not in self._running:
            self._note(f"starting {name}")
            self._running[name] = self._until_end.enter_context(self._start(name))
        return self._running[name]

    def _start(self, name: str) -> AbstractContextManager[Server]:
        stage = self._stage
        if name in OURS:
            return our_server(name, stage.on_sqlite if name == OURS_SQLITE else stage.on_postgresql)
        return peer(name, stage.on_postgresql, stage.redis_url, stage.directory)
