"""Preconditions: a change is made only while the resource is unchanged since the client read it."""

from collections.abc import Callable
from typing import Any

Precondition = Callable[[Any], None]
"""Called with what is about to change, locked and read in the same transaction; raises PreconditionFailed."""


def no_precondition(_current: Any) -> None:
    """The precondition of callers that stated none."""
