"""Which connections end: judged on real sockets, whose server's side is held by this process."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import pytest

from tests.support.servers.programs import wait_until
from web.serving.connections import Bounds, Connections

_AFTER_DEADLINE_S = 21
_WIDE = Bounds(per_address=50, in_all=50)


@dataclass(frozen=True)
class Pair:
    client: socket.socket
    server: socket.socket


Connect = Callable[..., Pair]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


@pytest.fixture
def connect(listener: socket.socket, port: int) -> Iterator[Connect]:
    with ExitStack() as stack:

        def connect_from(address: str = "127.0.0.1", sent: bytes = b"") -> Pair:
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.bind((address, 0))
            client.connect(("127.0.0.1", port))
            server = stack.enter_context(listener.accept()[0])
            client.sendall(sent)
            if sent:
                assert server.recv(len(sent), socket.MSG_WAITALL) == sent
            client.settimeout(5)
            return Pair(client, server)

        yield connect_from


def is_open(pair: Pair) -> bool:
    pair.client.setblocking(False)
    try:
        return pair.client.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def has_ended_reading(pair: Pair) -> bool:
    """Whether the server’s side reads the end, as if the client sent no more."""
    pair.server.setblocking(False)
    try:
        return pair.server.recv(1) == b""
    except BlockingIOError:
        return False


def test_one_that_says_nothing_is_closed_after_its_deadline(port: int, connect: Connect) -> None:
    silent, connections = connect(), Connections(port, _WIDE)
    connections.look(0, 0)
    connections.look(19, 0)
    assert is_open(silent)

    connections.look(_AFTER_DEADLINE_S, 0)
    assert not is_open(silent)


def test_one_whose_body_does_not_come_is_cut_and_still_answered(port: int, connect: Connect) -> None:
    slow, connections = connect(sent=b"POST / HTTP/1.1\r\n"), Connections(port, _WIDE)
    connections.look(0, 0)
    connections.look(_AFTER_DEADLINE_S, 0)

    assert has_ended_reading(slow)
    slow.server.sendall(b"HTTP/1.1 400 Bad Request\r\n")
    assert slow.client.recv(100).startswith(b"HTTP/1.1 400")


def test_what_arrives_puts_the_deadline_off(port: int, connect: Connect) -> None:
    steady, connections = connect(sent=b"POST"), Connections(port, _WIDE)
    connections.look(0, 0)
    steady.client.sendall(b"x" * 64 * 1024)
    assert steady.server.recv(64 * 1024, socket.MSG_WAITALL)

    connections.look(_AFTER_DEADLINE_S, 0)
    assert not has_ended_reading(steady)
    connections.look(30, 0)
    assert has_ended_reading(steady)


def test_an_answer_begins_the_time_anew(port: int, connect: Connect) -> None:
    kept, connections = connect(sent=b"GET"), Connections(port, _WIDE)
    connections.look(0, 0)
    kept.server.sendall(b"HTTP/1.1 200 OK\r\n")
    assert kept.client.recv(100)
    connections.look(15, 0)
    connections.look(_AFTER_DEADLINE_S, 0)
    assert not has_ended_reading(kept)


def test_who_does_not_read_is_closed(port: int, connect: Connect) -> None:
    reader, connections = connect(sent=b"GET"), Connections(port, _WIDE)
    reader.server.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            reader.server.send(b"x" * 65536)
    connections.look(0, 0)
    connections.look(_AFTER_DEADLINE_S, 0)

    with pytest.raises(BrokenPipeError):
        reader.server.send(b"x")


def test_the_oldest_of_an_address_go_first(port: int, connect: Connect) -> None:
    connections = Connections(port, Bounds(per_address=2, in_all=50))
    first, other = connect(), connect("127.0.0.2")
    connections.look(0, 0)
    later = [connect(), connect()]
    connections.look(1, 0)

    assert [is_open(pair) for pair in (first, other, *later)] == [False, True, True, True]


def test_behind_a_proxy_no_address_is_bounded(port: int, connect: Connect) -> None:
    connections = Connections(port, Bounds(per_address=None, in_all=3))
    first = connect()
    connections.look(0, 0)
    later = [connect() for _ in range(3)]
    connections.look(1, 0)

    assert [is_open(pair) for pair in (first, *later)] == [False, True, True, True]


def test_under_pressure_the_oldest_go(port: int, connect: Connect) -> None:
    connections = Connections(port, _WIDE)
    first = connect()
    connections.look(0, 0)
    second = connect()
    connections.look(1, 1)

    assert [is_open(first), is_open(second)] == [False, True]


def test_other_ports_are_left_alone(port: int, connect: Connect) -> None:
    pair, connections = connect(), Connections(1, _WIDE)
    connections.look(0, 5)
    connections.look(_AFTER_DEADLINE_S, 5)
    assert is_open(pair)


def test_watching_calls_what_is_to_be_done_meanwhile(port: int, connect: Connect) -> None:
    pair, calls = connect(), list[None]()
    Connections(port, _WIDE).watch(lambda: True, meanwhile=lambda: calls.append(None))
    wait_until(lambda: bool(calls) and not is_open(pair), "The watch")
