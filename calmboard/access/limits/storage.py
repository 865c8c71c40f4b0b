"""Where hits are counted: in a file that all processes of the host share, or in Redis or Valkey."""

from pathlib import Path

from calmboard.access.limits.fixed_window import FixedWindow
from calmboard.access.limits.redis_script import RedisScript
from calmboard.access.limits.shared_memory import SharedMemory

__all__ = ["FixedWindow", "RedisScript", "SharedMemory", "storage_uri"]


def storage_uri(setting: str | None, instance_dir: Path) -> str:
    """The address by which Flask-Limiter finds the store that CALMBOARD_RATE_STORAGE_URL asks for."""
    if setting is None:
        file_uri = (instance_dir.absolute() / "limits.shm").as_uri()
        return file_uri.replace("file", "calmboard+shm", 1)
    return f"calmboard+{setting}"
