"""What an app carries for all its parts: each thing under one name, with its type, set where the app is made."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from flask import Flask
from flask.globals import app_ctx

T = TypeVar("T")

# The context itself: a look through its proxy costs more than what is looked at.
_at_work: Callable[[], Any] = app_ctx._get_current_object  # type: ignore[attr-defined]


class Extension(Generic[T]):
    """One thing of an app: `LIMITS = Extension[Limits]("limits")`, set by `LIMITS.set(app, limits)`, read by `LIMITS.get()`.

    Where nothing was set it is the `default`; without one, KeyError is raised.
    """

    def __init__(self, name: str, *default: T) -> None:
        self._key = f"calmboard.{name}"
        self._defaults = dict.fromkeys([self._key], *default) if default else {}

    def set(self, app: Flask, value: T) -> None:
        app.extensions[self._key] = value

    def get(self, app: Flask | None = None) -> T:
        """The thing of an app, or of the one that is at work."""
        found: dict[str, T] = (app or _at_work().app).extensions
        try:
            return found[self._key]
        except KeyError:
            return self._defaults[self._key]

    def get_or_make(self, app: Flask, make: Callable[[Flask], T]) -> T:
        """The thing, made at the first look."""
        if self._key not in app.extensions:
            self.set(app, make(app))
        return self.get(app)

    def drop(self, app: Flask) -> None:
        """Forget the thing, so that the next look makes it again."""
        app.extensions.pop(self._key, None)
