"""docs/architecture.md against the tree: what it names exists, and no folder or room is missing in it."""

import re
import subprocess
from pathlib import Path

from tests.house.rules.order import PRODUCT, ROOMS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/architecture.md").read_text()
PICTURE = TEXT.partition("```")[2].partition("```")[0]
TABLE = TEXT.partition("|---|---|\n")[2].partition("\n\n")[0]
_PATH = re.compile(r"`([a-z_]+(?:/[\w.]+)+/?|[a-z_]+/|\w+\.(?:py|md))`")


def test_every_path_that_it_names_exists() -> None:
    paths = set(_PATH.findall(TEXT))
    assert len(paths) > 40
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_folder_at_the_top_is_in_the_picture() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {path.split("/")[0] for path in tracked if "/" in path and not path.startswith(".")}
    assert [folder for folder in sorted(folders) if f"{folder}/" not in PICTURE] == []


def test_every_room_of_the_core_is_in_the_picture() -> None:
    rooms = {path.stem for path in (ROOT / "calmboard").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert [room for room in sorted(rooms - {"__init__"}) if not re.search(rf"\b{room}\b", PICTURE)] == []


def test_it_names_the_floors_in_their_order() -> None:
    floors = [
        re.search(rf"^ +{room}/", PICTURE, re.MULTILINE) for room in ROOMS["calmboard"] if (ROOT / "calmboard" / room).is_dir()
    ]
    places = [floor.start() for floor in floors if floor]
    assert len(places) == len(floors)
    assert places == sorted(places)
    assert all(top in PICTURE for top in PRODUCT)


def test_every_row_of_the_table_names_a_place() -> None:
    rows = TABLE.splitlines()
    assert len(rows) > 10
    assert [row for row in rows if not _PATH.search(row)] == []
