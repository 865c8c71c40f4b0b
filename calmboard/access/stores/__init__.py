"""Where hits are counted: in a file that all processes of the host share."""

from calmboard.access.stores.fixed_window import FixedWindow
from calmboard.access.stores.shared_memory import SharedMemory

__all__ = ["FixedWindow", "SharedMemory"]
