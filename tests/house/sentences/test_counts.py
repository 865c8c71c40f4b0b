"""A count that is printed as it is, without thousands, is found."""

from pathlib import Path

import pytest

from tests.house.rules.trees import write
from tests.house.sentences.counts import EXCEPTIONS, count_breaches

_ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("templates/a.html", "{{ keys | length }}"),
        ("templates/a.html", "{{ section.count }}"),
        ("templates/a.html", "{% if a %}<p>{{ plan.max_keys }} keys</p>{% endif %}"),
        ("templates/a.html", '{{ "Your " ~ key_count ~ " keys" }}'),
        ("templates/a.html", '{{ in_use if in_use else "" }}'),
        ("portal/a.py", 'f"{self.in_use} keys"'),
        ("portal/a.py", 'f"{len(rows)} keys"'),
        ("oauth/a.py", 'f"At most {MAX_PROJECTS} projects."'),
    ],
)
def test_a_bare_count_is_found(tmp_path: Path, name: str, text: str) -> None:
    [breach] = count_breaches(write(tmp_path, **{name: text}))
    assert breach.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("templates/a.html", "{{ section.count | thousands }}"),
        ("templates/a.html", '{{ rows | length | capitalized_count("key", "keys") }}'),
        ("templates/a.html", "{{ status }} {{ loop.index }}"),
        ("portal/a.py", 'f"{self.in_use:,} keys, {plural(number)}"'),
    ],
)
def test_a_formatted_count_passes(tmp_path: Path, name: str, text: str) -> None:
    assert count_breaches(write(tmp_path, **{name: text})) == []


@pytest.mark.slow
def test_each_exception_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    exceptions = dict(EXCEPTIONS)
    for exception in exceptions:
        monkeypatch.delitem(EXCEPTIONS, exception)
    breaches = {breach.removesuffix(" is printed without thousands") for breach in count_breaches(_ROOT)}
    assert {f"{path}: {name}" for path, name in exceptions} == breaches
