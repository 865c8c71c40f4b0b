"""One style sheet made of many: the sources stay apart, and a page asks for one file. `make run` makes it."""

import hashlib
import os
from pathlib import Path

STATIC_DIR = Path(__file__).parents[3] / "static"
DIGEST_LENGTH = 12

# Where two sheets set the same of one element, the later one counts.
_SHARED_SHEETS = ("tokens", "base", "parts", "menus", "code", "forms", "layout", "overview", "entry")
_LAST_SHEET = "media"
_PAPER = "print"
_FOLDER = "bundles"


def style_sheets(directory: Path) -> list[str]:
    """The names of all sheets for the screen, in their order: the shared ones, then those of the capabilities, by name."""
    names = {path.stem for path in directory.glob("css/*.css")}
    return [*_SHARED_SHEETS, *sorted(names.difference(_SHARED_SHEETS, [_LAST_SHEET, _PAPER])), _LAST_SHEET]


def make_bundle(directory: Path) -> str | None:
    """The name of the one sheet made of all sources as they are now; None where it cannot be written, and the sources serve."""
    text = "\n".join((directory / "css" / f"{name}.css").read_text() for name in style_sheets(directory))
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
    name = f"{_FOLDER}/screen.{digest}.css"
    try:
        _write(directory / name, text)
    except OSError:
        return None
    return name


def _write(path: Path, text: str) -> None:
    """Write it whole or not at all, for processes may start at once. What is there has this very text, as its name says."""
    if path.exists():
        return
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)


def _keep_only(directory: Path, name: str) -> None:
    for path in (directory / _FOLDER).iterdir():
        if path != directory / name:
            path.unlink()


if __name__ == "__main__":
    if bundle := make_bundle(STATIC_DIR):
        _keep_only(STATIC_DIR, bundle)
