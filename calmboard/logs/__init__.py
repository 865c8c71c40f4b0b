"""What a process writes for its operator. No request waits for its reader or fails with it: lines are lost, and counted."""

import sys
from pathlib import Path

from calmboard.logs.lines import Lines
from calmboard.logs.lost import LOST, Lost

__all__ = ["ERRORS", "OUTPUT", "Lost", "install", "lost_lines", "read_lost_lines", "write_line"]

_FILE = "log-lines-lost"

OUTPUT, ERRORS = Lines(sys.__stdout__, LOST), Lines(sys.__stderr__, LOST)


def install(instance_dir: Path) -> None:
    """Let this process write through OUTPUT and ERRORS, and count what is lost together with the others of its instance."""
    sys.stdout, sys.stderr = OUTPUT, ERRORS
    LOST.share(instance_dir / _FILE)


def write_line(line: bytes) -> None:
    """A line for standard output, also where another server than ours set it up."""
    if sys.stdout is OUTPUT:
        OUTPUT.send(line)
        return
    try:
        sys.stdout.write(line.decode())
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):  # AttributeError: it was closed before Python started
        LOST.add(1)


def lost_lines() -> Lost:
    return LOST.read()


def read_lost_lines(instance_dir: Path) -> Lost:
    """What the processes of an instance lost, for a command that is none of them."""
    LOST.share(instance_dir / _FILE)
    return LOST.read()
