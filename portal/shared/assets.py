"""Static files: served by WhiteNoise before a request reaches Flask, under names that carry their digest."""

import hashlib
import re
from pathlib import Path
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

from portal.shared.transport.bundles import DIGEST_LENGTH, STATIC_DIR, make_bundle, style_sheets

PREFIX = "/static/"

_HAS_DIGEST = re.compile(rf"\.[0-9a-f]{{{DIGEST_LENGTH}}}\.[a-z0-9]+$")
_COMPRESSED = {".gz", ".br"}


def serve_static(app: Flask, directory: Path = STATIC_DIR) -> None:
    """Put the static files in front of the app and give templates `asset('css/base.css')` and `style_sheets`."""
    bundle = make_bundle(directory)
    hashed = HashedFiles(app.wsgi_app, directory)
    app.wsgi_app = hashed  # type: ignore[method-assign]
    app.jinja_env.globals["asset"] = hashed.asset
    app.jinja_env.globals["style_sheets"] = [bundle] if bundle else [f"css/{name}.css" for name in style_sheets(directory)]


class HashedFiles(WhiteNoise):  # type: ignore[misc]  # whitenoise has no types
    """WhiteNoise with a second name for each file: `app.css` is also `app.<sha256, 12 digits>.css`.

    A hashed name may be cached forever. Files that already carry their digest in their name,
    such as fonts that a style sheet points to, keep that one.
    """

    def __init__(self, application: Any, directory: Path) -> None:
        super().__init__(application, allow_all_origins=False, immutable_file_test=_HAS_DIGEST.pattern)
        self.urls: dict[str, str] = {}
        self.add_files(str(directory), PREFIX)
        for path in sorted(directory.rglob("*")):
            if path.is_file() and path.suffix not in _COMPRESSED:
                self._name(path, path.relative_to(directory).as_posix())

    def asset(self, name: str) -> str:
        """The address to link to; raises KeyError where there is no such file."""
        return self.urls[name]

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> Any:
        """A file with those of its compressed forms that are no older than itself; the others hold what it was."""
        found = super().get_static_file(path, url, stat_cache)
        changed_at = Path(path).stat().st_mtime_ns
        found.alternatives = [form for form in found.alternatives if Path(form[1]).stat().st_mtime_ns >= changed_at]
        return found

    def _name(self, path: Path, name: str) -> None:
        self.urls[name] = PREFIX + _with_digest(path, name)
        self.add_file_to_dictionary(self.urls[name], str(path))


def _with_digest(path: Path, name: str) -> str:
    if _HAS_DIGEST.search(name):
        return name
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST_LENGTH]
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{digest}.{suffix}" if dot else f"{name}.{digest}"
