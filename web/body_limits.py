"""How large a body each address takes, for whoever receives it before the app runs."""

import re

from flask import Flask

from calmboard.extensions import Extension

# Where an address says nothing else.
MAX_BYTES = 1024 * 1024

_LIMITS: Extension[tuple[tuple[re.Pattern[str], int], ...]] = Extension("body_limits", ())


def limit_bodies(app: Flask, paths: str, max_bytes: int) -> None:
    """Say that addresses whose path fits the pattern take so many bytes; the limit that was said first counts."""
    _LIMITS.set(app, (*_LIMITS.get(app), (re.compile(paths), max_bytes)))


def body_limit(app: Flask, path: str) -> int:
    limits = (max_bytes for pattern, max_bytes in _LIMITS.get(app) if pattern.fullmatch(path))
    return next(limits, app.config["MAX_CONTENT_LENGTH"])
