"""Throwaway copies of this tree, in which a test adds something and counts the files that it had to touch."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Files to add, under the paths that they have in the tree; `.txt` keeps them from being read as parts of these tests.
ADDITIONS = Path(__file__).parent

_LEFT_OUT = shutil.ignore_patterns(".*", "instance", "node_modules", "__pycache__", "*.gz", "*.br", "bundles")


class Copy:
    """`touched`: the files that were added or changed, without those of tests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.touched: set[str] = set()
        shutil.copytree(ROOT, root, ignore=_LEFT_OUT, symlinks=True, dirs_exist_ok=True)

    def add(self, addition: str, **values: str) -> None:
        """Add the files of an addition; `{name}` in them is replaced by its value."""
        folder = ADDITIONS / addition
        for source in sorted(folder.rglob("*.txt")):
            text = source.read_text()
            for name, value in values.items():
                text = text.replace(f"{{{name}}}", value)
            self._write(source.relative_to(folder).with_suffix("").as_posix(), text)

    def insert(self, name: str, lines: Mapping[str, str]) -> None:
        """Insert text into a file, each before the text that is its key; that has to be there once."""
        text = (self.root / name).read_text()
        for anchor, line in lines.items():
            assert text.count(anchor) == 1, f"{name} has “{anchor}” {text.count(anchor)} times; name an anchor that it has once"
            text = text.replace(anchor, line + anchor)
        self._write(name, text)

    def passes(self, *arguments: str) -> int:
        """How many tests of the copy pass; none where one fails. What they say is in this test's output."""
        command = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--database=sqlite", *arguments)
        run = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
        sys.stdout.write(run.stdout[-5000:] + run.stderr[-2000:])
        passed = re.search(r"(\d+) passed", run.stdout)
        return int(passed[1]) if passed and run.returncode == 0 else 0

    def _write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if not name.startswith("tests/"):
            self.touched.add(name)
