"""A gate in front of Redis, which lets everything pass, or slowly, or nothing."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread


class Gate(ThreadingTCPServer):
    """`delay_s` holds up each answer."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self.behind = ("127.0.0.1", port)
        self.delay_s = 0.0
        self.is_shut = False
        self.inside: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.server_address[1]}/0"

    def shut(self) -> None:
        """Hang up on everybody, and on whoever comes."""
        self.is_shut = True
        for connection in tuple(self.inside):
            _hang_up(connection)

    def open(self) -> None:
        self.is_shut, self.delay_s = False, 0.0


@contextmanager
def running_gate(port: int) -> Iterator[Gate]:
    """A gate in front of this port."""
    with Gate(port) as gate:
        thread = Thread(target=gate.serve_forever)
        thread.start()
        try:
            yield gate
        finally:
            gate.shut()
            gate.shutdown()
            thread.join()


class _Passage(BaseRequestHandler):
    server: Gate

    def handle(self) -> None:
        if self.server.is_shut:
            return
        with socket.create_connection(self.server.behind) as behind, ThreadPoolExecutor(1) as thread:
            self.server.inside |= {self.request, behind}
            thread.submit(self._pass, behind, self.request)
            self._pass(self.request, behind)
        self.server.inside -= {self.request, behind}

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                if target is self.request:
                    time.sleep(self.server.delay_s)
                target.sendall(part)
        _hang_up(source)
        _hang_up(target)


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
