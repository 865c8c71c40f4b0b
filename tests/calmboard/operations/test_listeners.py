"""Who listens on a port is found, and a port that is taken is said with them."""

import os
import socket
from contextlib import closing
from dataclasses import replace

import pytest

from calmboard.errors import Conflict
from calmboard.operations.listeners import Listener, find_listener
from calmboard.operations.serve import require_free_port
from calmboard.settings import Settings
from tests.support.servers.programs import free_port

pytestmark = pytest.mark.database("sqlite")


def test_the_process_that_listens_is_found() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        found = find_listener(listening.getsockname()[1])
    assert found is not None
    assert found.pid == os.getpid()


def test_where_nobody_listens_nobody_is_found() -> None:
    assert find_listener(free_port()) is None


def test_a_long_command_is_cut() -> None:
    assert str(Listener(7, "x" * 100)) == f"process 7 ({'x' * 60}…)"


def test_a_port_that_is_taken_is_refused_with_who_took_it(settings: Settings) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(Conflict, match=rf"Port {port} is taken by process {os.getpid()} \("):
            require_free_port(replace(settings, port=port))
    require_free_port(replace(settings, port=port))
