"""An import that goes up, sideways, out of the house or in a circle is found."""

from pathlib import Path

import pytest

from tests.house.rules.imports import circle_breaches, import_breaches, rooms_without_order
from tests.house.rules.trees import write

UPWARD = "a room imports only those below it"


@pytest.mark.parametrize(
    ("file", "line", "rule"),
    [
        ("portal/keys/views.py", "from api.shapes import Key", "interfaces never import each other"),
        ("api/mcp/tools/tasks.py", "import portal", "interfaces never import each other"),
        ("oauth/consent/page.py", "from portal.shared.texts.words import ago", "interfaces never import each other"),
        ("connectors/jira/provider.py", "from api.shapes import Key", "interfaces never import each other"),
        ("api/me.py", "from wsgi import create_app", "only that file imports every interface"),
        ("calmboard/operations/jobs.py", "import worker", "only that file imports every interface"),
        ("web/problems.py", "from oauth.answers import answer", "web imports no interface"),
        ("calmboard/work/tasks/lifecycle.py", "from portal import keys", "calmboard imports no interface"),
        ("calmboard/access/plans.py", "from web.record import current_record", "calmboard imports no interface"),
        ("calmboard/work/tasks/lifecycle.py", "from flask import request", "calmboard imports no HTTP"),
        ("calmboard/access/credentials/keys.py", "import werkzeug.exceptions", "calmboard imports no HTTP"),
        ("calmboard/db.py", "from flask import request", "calmboard imports no HTTP"),
        (
            "calmboard/access/plans.py",
            "from calmboard.work.tasks.lifecycle import read_task",
            UPWARD,
        ),
        ("calmboard/access/plans.py", "from calmboard import operations", UPWARD),
        ("calmboard/models/work.py", "def f():\n    import calmboard.access.plans", UPWARD),
        ("calmboard/errors.py", "from calmboard.db import db", UPWARD),
        (
            "calmboard/access/oauth/grants.py",
            "from calmboard.access.credentials.keys import list_keys",
            UPWARD,
        ),
        ("api/framework/describe.py", "from api.resources.work import tasks", UPWARD),
        ("api/mcp/protocol/endpoint.py", "from api.mcp.tools import TOOLS", UPWARD),
    ],
)
def test_an_import_that_goes_up_sideways_or_out_is_found(tmp_path: Path, file: str, line: str, rule: str) -> None:
    found = import_breaches(write(tmp_path, **{file: line}))
    assert [breach.partition(": ")[2] for breach in found] == [rule]


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("wsgi.py", "import api\nimport portal"),
        ("worker.py", "from wsgi import create_app"),
        ("portal/keys/views.py", "from portal.shared.texts.words import ago\nfrom web.bearer import read_bearer\nimport flask"),
        (
            "calmboard/work/tasks/lifecycle.py",
            "from calmboard.work.tasks import positions\nimport calmboard.access.access",
        ),
        ("calmboard/access/credentials/keys.py", "from calmboard.access.oauth.grants import end_all_grants"),
        ("calmboard/db.py", "from flask import Flask"),
    ],
)
def test_an_import_that_goes_down_is_allowed(tmp_path: Path, file: str, line: str) -> None:
    assert import_breaches(write(tmp_path, **{file: line})) == []


def test_a_room_that_is_not_in_the_order_is_found(tmp_path: Path) -> None:
    write(tmp_path, **{"calmboard/attic.py": "", "calmboard/db.py": "", "api/mcp/cellar/stairs.py": ""})
    assert [breach.split()[0] for breach in rooms_without_order(tmp_path)] == ["api.mcp.cellar", "calmboard.attic"]


def test_modules_that_import_each_other_are_found_however_far_around(tmp_path: Path) -> None:
    files = {
        "oauth/a.py": "import oauth.b",
        "oauth/b.py": "def f():\n    from oauth.c import g",
        "oauth/c.py": "from oauth import a",
    }
    assert circles(write(tmp_path, **files)) == ["oauth.a, oauth.b, oauth.c"]


def test_rooms_that_import_each_other_are_found_where_no_two_modules_do(tmp_path: Path) -> None:
    files = {
        **{f"{top}/keys/views.py": f"from {top}.apps.rows import row" for top in ("oauth", "portal")},
        **{f"{top}/apps/views.py": f"from {top}.keys.rows import row" for top in ("oauth", "portal")},
        **{f"{top}/{room}/rows.py": "" for top in ("oauth", "portal") for room in ("keys", "apps")},
    }
    assert circles(write(tmp_path, **files)) == ["oauth.apps, oauth.keys"]


def test_a_line_of_imports_is_no_circle(tmp_path: Path) -> None:
    files = {"oauth/a.py": "import oauth.b\nimport oauth.c", "oauth/b.py": "import oauth.c", "oauth/c.py": "import oauth.lost"}
    assert circles(write(tmp_path, **files)) == []


def circles(root: Path) -> list[str]:
    return [breach.partition(" import")[0] for breach in circle_breaches(root)]
