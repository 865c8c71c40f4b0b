"""The pictures: one of its own for each state and look, and a page that shows those that are there."""

from pathlib import Path

from tests.pictures.__main__ import LOOKS
from tests.pictures.index import picture_path, write_index
from tests.support.states.every import STATES
from tests.support.states.overview import OVERVIEW


def test_each_state_has_pictures_of_its_own() -> None:
    paths = [picture_path(part, state, look) for part, states in STATES.items() for state in states for look in LOOKS]
    assert len(set(paths)) == len(paths)
    assert {width for _, width in LOOKS} == {360, 768, 1280}
    assert {scheme for scheme, _ in LOOKS} == {"light", "dark"}


def test_the_index_shows_the_pictures_that_are_there(tmp_path: Path) -> None:
    drawn, missing = OVERVIEW[:2]
    path = picture_path("overview", drawn, LOOKS[0])
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).touch()
    write_index(tmp_path, {"overview": [drawn, missing]}, LOOKS)
    page = (tmp_path / "index.html").read_text()
    assert page.count("<img") == 1
    assert str(path) in page
    assert f"overview: {missing}<" not in page
