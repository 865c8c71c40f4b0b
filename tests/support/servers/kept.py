"""What a process makes once for each kind of database and keeps to the end, although its tests change between the kinds."""

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    def __init__(self, until_end: ExitStack) -> None:
        self._until_end = until_end
        self._created: dict[Hashable, Any] = {}

    def enter(self, key: Hashable, make: Callable[[], AbstractContextManager[T]]) -> T:
        """What `make` gave for this key the first time; it is left when the run ends."""
        if key not in self._created:
            self._created[key] = self._until_end.enter_context(make())
        value: T = self._created[key]
        return value
