"""Who listens on a port of this machine, as far as the system lets this user see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"  # TCP_LISTEN, in proc_net_tcp
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Listener:
    pid: int
    command: str

    def __str__(self) -> str:
        command = self.command if len(self.command) <= _SHOWN else self.command[:_SHOWN] + "…"
        return f"process {self.pid} ({command})"


def find_listener(port: int) -> Listener | None:
    """The process that listens there; None where that cannot be seen, as on systems without /proc."""
    inodes = set(_listening_inodes(port))
    for directory in Path("/proc").glob("[0-9]*"):
        if inodes and not inodes.isdisjoint(_socket_inodes(directory)):
            return Listener(int(directory.name), _command(directory))
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _lines(Path(table))[1:]:
            columns = line.split()
            if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]


def _socket_inodes(process: Path) -> Iterator[str]:
    try:
        for file in (process / "fd").iterdir():
            if found := _SOCKET.fullmatch(str(file.readlink())):
                yield found[1]
    except OSError:
        return  # another user's, or ended meanwhile


def _command(process: Path) -> str:
    return " ".join(_lines(process / "cmdline")).replace("\0", " ").strip() or "unknown"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []
