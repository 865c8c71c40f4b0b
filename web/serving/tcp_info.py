"""What the kernel knows of a connection, and how this process finds its own."""

import errno
import os
import socket
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# struct tcp_info of linux/tcp.h: 8 bytes, 24 numbers of 32 bits, 4 of 64, 4 of 32.
_LAYOUT = struct.Struct("8B24I4Q4I")
_OPEN_FILES = Path("/proc/self/fd")
_ESTABLISHED = 1
_STATE, _UNACKED, _LAST_RECEIVED, _ACKED, _RECEIVED, _NOT_SENT = 0, 12, 19, 34, 35, 38


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection to a client at one moment, as the kernel sees it: bytes, and since when nothing was received."""

    fd: int
    peer: tuple[str, int]
    received: int
    acknowledged: int
    unsent: int
    silent_ms: int


def client_connections(port: int) -> Iterator[Connection]:
    """The connections of this process that clients opened to the port."""
    for path in _OPEN_FILES.iterdir():
        try:
            with _opened(int(path.name)) as sock:
                if sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.getsockname()[1] != port:
                    continue
                info = _LAYOUT.unpack(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAYOUT.size))
                if info[_STATE] == _ESTABLISHED:
                    yield _read(int(path.name), sock, info)
        except (OSError, struct.error):
            continue  # no socket, or closed by now


def shut(connection: Connection, how: int) -> None:
    """Shut a connection down in one direction or both, unless its number belongs to another one by now."""
    try:
        with _opened(connection.fd) as sock:
            if sock.getpeername()[:2] == connection.peer:
                sock.shutdown(how)
    except OSError:
        return  # closed by now


def _opened(fd: int) -> socket.socket:
    """A second handle to a socket; closing it leaves the first one as it is. Raises OSError where this is none."""
    if not stat.S_ISSOCK(os.fstat(fd).st_mode):
        raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
    return socket.fromfd(fd, -1, -1)


def _read(fd: int, sock: socket.socket, info: tuple[int, ...]) -> Connection:
    return Connection(
        fd=fd,
        peer=sock.getpeername()[:2],
        received=info[_RECEIVED],
        acknowledged=info[_ACKED],
        unsent=info[_UNACKED] + info[_NOT_SENT],
        silent_ms=info[_LAST_RECEIVED],
    )
