"""The app as a server's threads call it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

from calmboard.engines.patience import patience
from web.serving.bodies import Environ, receive_body
from web.serving.places import Places

StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

# An answer up to this size is handed to the server at once, which sends it without a thread.
_MAX_AT_ONCE = 1024 * 1024
_ALWAYS_ANSWERED = "/healthz"
_MANY_BUSY = 128


class ServerApp:
    """Receives the body, then runs the app in one of the places. What is streamed takes one for each of its parts."""

    def __init__(self, app: WsgiApp, places: Places, body_limit: Callable[[str], int]) -> None:
        self._app = app
        self._places = places
        self._body_limit = body_limit
        self._busy: set[object] = set()

    def has_many_busy(self) -> bool:
        """Whether so many threads wait for clients that soon none is left for those who come."""
        return len(self._busy) - self._places.number_present > _MANY_BUSY

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == _ALWAYS_ANSWERED:
            return self._app(environ, start_response)
        with ExitStack() as stack:
            call = object()
            self._busy.add(call)
            stack.callback(self._busy.discard, call)
            receive_body(environ, self._body_limit(environ["PATH_INFO"]), stack)
            answer = self._run(environ, start_response)
            if isinstance(answer, _Parts):
                answer.when_closed = stack.pop_all().close
            return answer

    def _run(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with self._places.taken() as left_s, patience(left_s):
            start = _Start(start_response)
            answer = self._app(environ, start)
            return _collected(answer) if start.is_small else _Parts(answer, self._places)


class _Start:
    """Notes whether the answer that starts is small, as far as it says."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start_response = start_response
        self.is_small = False

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        length = next((value for name, value in headers if name.lower() == "content-length"), None)
        self.is_small = length is not None and int(length) <= _MAX_AT_ONCE
        return self._start_response(status, headers, exc_info)


class _Parts:
    """An answer that is sent as it is made."""

    def __init__(self, answer: Iterable[bytes], places: Places) -> None:
        self._answer = answer
        self._parts = iter(answer)
        self._places = places
        self.when_closed: Callable[[], None] = lambda: None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._places.taken() as left_s, patience(left_s):
            return next(self._parts)

    def close(self) -> None:
        try:
            with self._places.taken() as left_s, patience(left_s):
                _close(self._answer)
        finally:
            self.when_closed()


def _collected(answer: Iterable[bytes]) -> list[bytes]:
    try:
        return list(answer)
    finally:
        _close(answer)


def _close(answer: Iterable[bytes]) -> None:
    with suppress(AttributeError):
        answer.close()  # type: ignore[attr-defined]  # PEP 3333: where it has one
