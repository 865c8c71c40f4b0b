"""Static files: hashed names for ever, plain names for a moment, nothing else."""

import hashlib
import os
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import NotFound
from werkzeug.test import Client

from portal.shared.assets import HashedFiles
from portal.shared.transport.bundles import STATIC_DIR

_SHEETS = sorted(STATIC_DIR.glob("css/*.css"))


def _linked(client: FlaskClient, stem: str) -> str:
    """The address that a page links a file by."""
    found = re.search(rf'"(/static/{stem}\.[^"]*)"', client.get("/sign-in").text)
    assert found
    return found[1]


def test_a_hashed_name_may_be_kept_for_ever(client: FlaskClient) -> None:
    url = _linked(client, "css/print")
    answer = client.get(url, buffered=True)
    assert re.fullmatch(r"/static/css/print\.[0-9a-f]{12}\.css", url)
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert answer.data == (STATIC_DIR / "css/print.css").read_bytes()


def test_a_plain_name_is_kept_for_a_minute(client: FlaskClient) -> None:
    answer = client.get("/static/css/base.css", buffered=True)
    assert answer.headers["Cache-Control"] == "max-age=60, public"


def test_static_files_are_not_offered_to_other_origins(client: FlaskClient) -> None:
    answer = client.get(_linked(client, "js/app"), headers={"Origin": "https://elsewhere.example"}, buffered=True)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_compressed_files_are_served_under_the_hashed_name_too(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("p { color: red }")
    (tmp_path / "app.css.br").write_bytes(b"compressed")
    files = HashedFiles(NotFound(), tmp_path)
    answer = Client(files).get(files.asset("app.css"), headers={"Accept-Encoding": "br"}, buffered=True)
    assert answer.data == b"compressed"
    assert list(files.urls) == ["app.css"]


def test_a_compressed_file_older_than_its_source_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "app.css.br").write_bytes(b"compressed")
    (tmp_path / "app.css").write_text("p { color: red }")
    os.utime(tmp_path / "app.css.br", (0, 0))
    files = HashedFiles(NotFound(), tmp_path)
    for address in (files.asset("app.css"), "/static/app.css"):
        answer = Client(files).get(address, headers={"Accept-Encoding": "br"}, buffered=True)
        assert answer.data == b"p { color: red }"


@pytest.mark.parametrize(
    "path", ["/static/css/print.000000000000.css", "/static/bundles/screen.000000000000.css", "/static/../wsgi.py", "/static/"]
)
def test_what_is_no_static_file_is_a_page_that_says_so(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("sheet", _SHEETS, ids=lambda sheet: sheet.name)
def test_a_style_sheet_points_only_to_files_named_by_their_digest(sheet: Path) -> None:
    for address in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
        file = (sheet.parent / address).resolve()
        digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        assert file.suffixes[-2] == f".{digest}"
