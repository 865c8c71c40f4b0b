"""Source trees of a few lines, to show that a rule finds what breaks it."""

from pathlib import Path


def write(root: Path, **files: str) -> Path:
    """Write files into a tree: `write(root, **{"api/me.py": "import wsgi"})`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
