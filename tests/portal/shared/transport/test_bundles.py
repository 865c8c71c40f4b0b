"""One style sheet for the screen: made of all sources as they are, in their order, and never older than them."""

import re
import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.shared.assets import serve_static
from portal.shared.transport.bundles import STATIC_DIR, make_bundle, style_sheets

_SOURCES = sorted(STATIC_DIR.glob("css/*.css"))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Static files with the sources of all style sheets."""
    shutil.copytree(STATIC_DIR / "css", tmp_path / "css")
    return tmp_path


def _linked(page: str) -> list[str]:
    return re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)


@pytest.mark.parametrize("path", ["/sign-in", "/docs/api", "/docs/api/tasks", "/docs/errors"])
def test_a_page_asks_for_few_style_sheets(client: FlaskClient, path: str) -> None:
    assert 1 <= len(_linked(client.get(path).text)) <= 3


def test_every_source_is_in_what_a_page_asks_for(client: FlaskClient) -> None:
    sent = [client.get(address, buffered=True) for address in _linked(client.get("/sign-in").text)]
    assert {answer.headers["Cache-Control"] for answer in sent} == {"max-age=315360000, public, immutable"}
    text = "\n".join(answer.text for answer in sent)
    assert [source.name for source in _SOURCES if source.read_text() not in text] == []


def test_only_paper_waits_for_the_sheet_of_paper(client: FlaskClient) -> None:
    page = client.get("/sign-in").text
    assert re.search(r'href="/static/css/print\.[0-9a-f]{12}\.css" media="print"', page)
    assert "@media print" not in "".join(client.get(address, buffered=True).text for address in _linked(page)[:-1])


def test_a_changed_source_makes_another_sheet(directory: Path) -> None:
    before = make_bundle(directory)
    (directory / "css/keys.css").write_text("p { color: red }")
    after = make_bundle(directory)
    assert before
    assert after
    assert before != after
    assert "p { color: red }" in (directory / after).read_text()
    assert make_bundle(directory) == after


def test_where_nothing_can_be_written_the_sources_are_linked(directory: Path) -> None:
    (directory / "bundles").write_text("a file, and no folder")
    app = Flask("test")
    serve_static(app, directory)
    assert make_bundle(directory) is None
    assert app.jinja_env.globals["style_sheets"] == [f"css/{name}.css" for name in style_sheets(directory)]


def test_the_sheet_of_a_new_capability_comes_after_the_shared_ones(directory: Path) -> None:
    (directory / "css/about.css").touch()
    with_one_more = style_sheets(directory)
    assert set(with_one_more) - set(style_sheets(STATIC_DIR)) == {"about"}
    assert with_one_more[0] == "tokens"
    assert with_one_more.index("overview") < with_one_more.index("about") < with_one_more.index("agents")
    assert with_one_more[-1] == "media"
