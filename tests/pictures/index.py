"""Where the pictures lie, and the page that shows them side by side."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from tests.support.clients.accessibility import Look
from tests.support.states.state import State

_STYLE = (
    "body{font:16px/1.5 sans-serif;margin:24px;background:#888;color:#fff}"
    "section{display:flex;gap:16px;align-items:flex-start;overflow-x:auto}"
    "img{inline-size:auto;block-size:480px;object-fit:contain;object-position:top;background:#fff}"
)


def picture_path(part: str, state: State, look: Look) -> Path:
    """Below the folder of all pictures, such as `keys/created-key-360-dark.png`."""
    scheme, width = look
    slug = re.sub(r"\W+", "-", state.name).strip("-")
    return Path(part) / f"{slug}-{width}-{scheme}.png"


def write_index(folder: Path, states: Mapping[str, Sequence[State]], looks: Sequence[Look]) -> None:
    """Show what is in the folder: pictures of an earlier run too."""
    rows = [_row(folder, part, state, looks) for part, of_part in states.items() for state in of_part]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Pictures</title><style>{_STYLE}</style>'
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text("\n".join([head, *filter(None, rows)]))


def _row(folder: Path, part: str, state: State, looks: Sequence[Look]) -> str:
    paths = [path for look in looks if (folder / (path := picture_path(part, state, look))).exists()]
    images = "".join(f'<a href="{path}"><img src="{path}" alt="{path.stem}" loading="lazy"></a>' for path in paths)
    return f"<h2>{escape(f'{part}: {state}')}</h2><section>{images}</section>" if images else ""
