"""Names and phrases of old are found where they come back, and their replacement is said."""

from pathlib import Path

from tests.house.rules.trees import write
from tests.house.rules.wording import name_breaches, phrase_breaches


def test_an_old_name_is_found_with_its_replacement(tmp_path: Path) -> None:
    files = {
        "portal/views.py": "def who_asks(): ...",
        "tests/test_a.py": "from x import KeyInShort",
        "bench/b.py": "strange_uri = told = 1",
        "api/me.py": "'told'  # told\nstranger = message = 1",
    }
    assert name_breaches(write(tmp_path, **files)) == [
        "bench/b.py: strange_uri: say invalid…",
        "bench/b.py: told: say message, result or affected_ids",
        "portal/views.py: who_asks: say authenticate",
        "tests/test_a.py: KeyInShort: say …Summary",
    ]


def test_an_old_phrase_is_found_in_prose_and_not_in_what_people_read_on_pages(tmp_path: Path) -> None:
    files = {
        "portal/a.py": 'SENTENCE = "Choose anew."\ndef f():\n    """Takes an empty list for none."""  # begins anew',
        "api/b.py": '"""At most 20 signs; signs people in."""',
        "README.md": "It signs cookies and brings code into form.",
    }
    found = phrase_breaches(write(tmp_path, **files))
    assert sorted({breach.partition(":")[0] for breach in found}) == ["README.md", "api/b.py", "portal/a.py"]


def test_each_phrase_says_what_to_write_instead(tmp_path: Path) -> None:
    write(tmp_path, **{"portal/a.py": "# begins anew"})
    assert phrase_breaches(tmp_path) == ["portal/a.py: “anew”: say “again”"]
