"""A guard lets a change through only while the thing is still as its reader saw it."""

from collections.abc import Callable
from typing import Any

Precondition = Callable[[Any], None]
"""Called with what is about to change, locked and read in the same transaction; raises PreconditionFailed."""


def no_precondition(_current: Any) -> None:
    """The guard of those who did not say what they saw."""
