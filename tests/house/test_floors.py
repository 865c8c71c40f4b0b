"""The layers of this tree: who may import whom, and how large files and functions may be."""

from pathlib import Path

import pytest

from tests.house.rules import layer_violations, oversized

ROOT = Path(__file__).parents[2]


def test_every_import_goes_down() -> None:
    assert layer_violations(ROOT) == []


def test_every_file_and_function_can_be_read_in_one_sitting() -> None:
    assert oversized(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line", "rule"),
    [
        ("portal/keys/views.py", "from api.shapes import Key", "interfaces never import each other"),
        ("api/mcp/tools.py", "import portal", "interfaces never import each other"),
        ("oauth/consent.py", "from portal.shared.words import ago", "interfaces never import each other"),
        ("api/me.py", "from wsgi import create_app", "only that file imports every interface"),
        ("calmboard/operations/jobs.py", "import worker", "only that file imports every interface"),
        ("calmboard/work/tasks/lifecycle.py", "from portal import keys", "calmboard imports no interface"),
        ("calmboard/work/tasks/lifecycle.py", "from flask import request", "calmboard imports no HTTP"),
        ("calmboard/access/credentials/keys.py", "import werkzeug.exceptions", "calmboard imports no HTTP"),
        ("calmboard/db.py", "from flask import request", "calmboard imports no HTTP"),
        ("calmboard/access/credentials/keys.py", "from calmboard.work.tasks.lifecycle import read_task", "only those below it"),
        ("calmboard/access/credentials/keys.py", "from calmboard import operations", "only those below it"),
        ("calmboard/models/work.py", "def f():\n    import calmboard.access.plans", "only those below it"),
        ("calmboard/errors.py", "from calmboard.db import db", "only those below it"),
    ],
)
def test_an_import_that_goes_up_sideways_or_out_is_found(tmp_path: Path, file: str, line: str, rule: str) -> None:
    write(tmp_path / file, line)
    assert [violation.partition(": ")[2] for violation in layer_violations(tmp_path)] in ([rule], [f"a layer imports {rule}"])


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("wsgi.py", "import api\nimport portal"),
        ("portal/keys/views.py", "from portal.shared.words import ago\nfrom flask import request"),
        (
            "calmboard/work/tasks/lifecycle.py",
            "from calmboard.work.tasks import positions\nfrom calmboard.access.access import Access",
        ),
        ("calmboard/db.py", "from flask import Flask"),
    ],
)
def test_an_import_that_goes_down_is_allowed(tmp_path: Path, file: str, line: str) -> None:
    write(tmp_path / file, line)
    assert layer_violations(tmp_path) == []


def test_a_layer_that_is_not_in_the_order_is_rejected(tmp_path: Path) -> None:
    write(tmp_path / "calmboard/attic.py", "from calmboard.db import db")
    with pytest.raises(ValueError, match="attic"):
        layer_violations(tmp_path)


def test_what_has_outgrown_one_sitting_is_found(tmp_path: Path) -> None:
    write(tmp_path / "templates/long.html", "<p>\n" * 401)
    write(tmp_path / "portal/long.py", "def act():\n    '''Docstrings\n    are free.'''\n" + "    print()\n" * 25)
    assert set(oversized(tmp_path)) == {"templates/long.html has 401 lines", "portal/long.py: act has 26 lines"}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
