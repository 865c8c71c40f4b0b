"""What has outgrown one sitting or lies in the wrong folder is found."""

from pathlib import Path

from tests.house.rules.folders import hidden_modules, mirror_breaches
from tests.house.rules.sizes import folder_breaches, size_breaches
from tests.house.rules.trees import write


def test_a_long_file_and_a_long_function_are_found(tmp_path: Path) -> None:
    function = "def act():\n    '''Docstrings\n    are free.'''\n"
    files = {
        "templates/long.html": "<p>\n" * 401,
        "templates/full.html": "<p>\n" * 400,
        "portal/long.py": function + "    print()\n" * 25,
        "portal/full.py": function + "    print()\n" * 24,
    }
    found = size_breaches(write(tmp_path, **files))
    assert {breach.rpartition(":")[0] for breach in found} == {
        "templates/long.html has 401 lines",
        "portal/long.py: act has 26 lines",
    }


def test_a_folder_with_too_many_files_is_found(tmp_path: Path) -> None:
    write(tmp_path, **{f"portal/keys/view{n}.py": "" for n in range(15)}, **{f"portal/apps/view{n}.py": "" for n in range(15)})
    assert folder_breaches(tmp_path) == []
    write(tmp_path, **{"portal/keys/__init__.py": "", "portal/apps/notes.md": ""})
    assert [breach.partition(":")[0] for breach in folder_breaches(tmp_path)] == ["portal/keys has 16 Python files"]


def test_tests_without_a_counterpart_are_found(tmp_path: Path) -> None:
    mirrored = ("tests/portal/keys/test_keys.py", "tests/house/test_house.py", "tests/portal/external_clients/test_n8n.py")
    write(tmp_path, **dict.fromkeys((*mirrored, "portal/keys/views.py", "tests/portal/attic/test_attic.py"), ""))
    assert [breach.partition(" mirrors")[0] for breach in mirror_breaches(tmp_path)] == ["tests/portal/attic"]


def test_a_module_behind_an_object_of_its_name_is_found(tmp_path: Path) -> None:
    files = {
        "api/__init__.py": "from api.catalogue import catalogue\nfrom api import health\nimport flask as limits\nmcp = 1",
        "portal/__init__.py": "def limiter() -> None: ...\nclass words: ...",
        "oauth/__init__.py": "from oauth import token\nfrom oauth.answers import answer",
        **dict.fromkeys(
            ("api/catalogue.py", "api/health.py", "api/limits.py", "api/mcp.py", "oauth/token.py", "oauth/answers.py"), ""
        ),
        **{f"api/{name}.py": "" for name in ("catalogue", "health", "limits", "mcp")},
        **{f"portal/{name}.py": "" for name in ("limiter", "words", "keys")},
        **{f"oauth/{name}.py": "" for name in ("token", "answers")},
    }
    found = {breach.split()[0] for breach in hidden_modules(write(tmp_path, **files))}
    assert found == {"api.catalogue", "api.limits", "api.mcp", "portal.limiter", "portal.words"}
