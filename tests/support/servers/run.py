"""What the worker processes of one test run share: a directory, and resources in it that are created once."""

import fcntl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def make_run_dir() -> Path:
    """A short path, because it contains sockets; others may traverse it, because PostgreSQL runs as another user."""
    run_dir = Path(tempfile.mkdtemp(prefix="calmboard-"))
    run_dir.chmod(0o711)
    return run_dir


def make_once(path: Path, make: Callable[[], None]) -> None:
    """Let the first process create what `path` stands for; the others wait for it."""
    done = path.with_name(f"{path.name}.done")
    with _locked(path.with_name(f"{path.name}.lock")):
        if not done.exists():
            make()
            done.touch()


@contextmanager
def _locked(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
