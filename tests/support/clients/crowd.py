"""Twenty programs that ask without a pause, so that a change falls between, and into, their requests."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address
from itertools import count
from threading import Condition, Event
from typing import Any
from urllib.parse import urlsplit

PROGRAMS = 20
# What was asked with which credential, and in a word what was answered.
Seen = dict[str, dict[str, str]]

_CODE = re.compile(r'"code":\s*"(\w+)"')
_TIMEOUT_S = 20
_ENOUGH = 2
# A refusal counts as a guess from the address it goes to.
_addresses = map(IPv4Address, count(int(IPv4Address("11.0.0.0"))))


@dataclass(frozen=True)
class Call:
    """A request that programs repeat with a credential; `shows` finds in an answer what only who may read it sees."""

    name: str
    credential: str
    secret: str
    shows: str
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, connection: HTTPConnection) -> str:
        """The answer in a word: what it shows, or else the code of the refusal, or the status."""
        sender = {"Authorization": f"Bearer {self.secret}", "X-Forwarded-For": str(next(_addresses))}
        headers = {**sender, "Content-Type": "application/json", **self.headers}
        connection.request(self.method, self.path, self.body and json.dumps(self.body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        found = re.search(self.shows, text) or _CODE.search(text)
        return found[1] if found else str(answer.status)


@contextmanager
def asking(url: str, calls: Sequence[Call]) -> Iterator["Crowd"]:
    """Programs that ask the server at this URL until the block ends."""
    crowd = Crowd(url, calls)
    with ThreadPoolExecutor(PROGRAMS) as threads:
        programs = [threads.submit(crowd.ask_on, number) for number in range(PROGRAMS)]
        try:
            yield crowd
        finally:
            crowd.is_over.set()
    for program in programs:
        program.result()


class Crowd:
    """Counts a request to the latest change whose answer had come before the request began."""

    def __init__(self, url: str, calls: Sequence[Call]) -> None:
        self._host = urlsplit(url).netloc
        self._calls = calls
        self.is_over = Event()
        self._answered = Condition()
        self._era = _Era()

    def change(self, make: Callable[[], object]) -> None:
        """Make a change while they ask; it is made when this call returns."""
        make()
        self._era = _Era()

    def seen(self) -> Seen:
        """All words of the answers to what began since the last change, once each program had some and each call has one."""
        with self._answered:
            has_enough = self._answered.wait_for(lambda: self._era.is_full(len(self._calls)), _TIMEOUT_S)
            assert has_enough, f"After {_TIMEOUT_S} seconds there was this alone: {self._era}"
            return self._era.seen()

    def ask_on(self, number: int) -> None:
        """Ask all calls in turn, each program beginning at another one."""
        connection = HTTPConnection(self._host, timeout=_TIMEOUT_S)
        for turn in count(number):
            if self.is_over.is_set():
                break
            era, call = self._era, self._calls[turn % len(self._calls)]
            word = _ask(call, connection)
            with self._answered:
                era.add(number, call, word)
                self._answered.notify_all()
        connection.close()


@dataclass
class _Era:
    """What was asked since a change, and answered."""

    words: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    answers: Counter[int] = field(default_factory=Counter)

    def add(self, program: int, call: Call, word: str) -> None:
        self.answers[program] += 1
        self.words[call.credential][call.name].add(word)

    def is_full(self, number_of_calls: int) -> bool:
        is_each_call_there = sum(map(len, self.words.values())) == number_of_calls
        return is_each_call_there and len(self.answers) == PROGRAMS and min(self.answers.values()) >= _ENOUGH

    def seen(self) -> Seen:
        return {
            credential: {name: " or ".join(sorted(words)) for name, words in calls.items()}
            for credential, calls in self.words.items()
        }


def _ask(call: Call, connection: HTTPConnection) -> str:
    try:
        return call.send(connection)
    except (OSError, HTTPException):
        connection.close()  # the next request opens it again
        return "cut off"
