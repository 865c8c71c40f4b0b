"""Attachments: uploaded, downloaded as they were, never shown by a browser, deleted from disk when their task is gone."""

import gc
import hashlib
import io
import os
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import stream_encode_multipart

from api.framework.uploads import MAX_FILE_BYTES
from calmboard.ids import new_id
from calmboard.settings import SETTINGS
from calmboard.work.discussion.attachments import delete_orphan_files, safe_file_name
from tests.api.resources.test_comments import queries_of, refusal
from tests.api.resources.test_tasks import add
from tests.support.users import Answer, ProjectAndBoard, TestUser, add_project_and_board

LONG_AGO_S = 11 * 60


@pytest.fixture
def project(app: Flask, owner: TestUser, member: TestUser, viewer: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner, member=member, viewer=viewer)


@pytest.fixture
def task_id(owner: TestUser, project: ProjectAndBoard) -> str:
    task_id: str = add(owner, project, "Measure the mirror")["id"]
    return task_id


@pytest.fixture
def files_dir(app: Flask) -> Path:
    return SETTINGS.get(app).files_dir


def send(user: TestUser, task_id: str, *parts: Any, headers: dict[str, str] | None = None) -> Answer:
    """Send a form of (name, value) pairs; a file is (bytes, name, type)."""
    form: MultiDict[str, Any] = MultiDict()
    for name, value in parts:
        is_file = isinstance(value, tuple)
        form.add(name, FileStorage(io.BytesIO(value[0]), value[1], name, value[2]) if is_file else value)
    stream, _, boundary = stream_encode_multipart(form, use_tempfile=False)
    content_type = f"multipart/form-data; boundary={boundary}"
    return user.api.post(f"/tasks/{task_id}/attachments", data=stream.read(), content_type=content_type, headers=headers or {})


def attach(user: TestUser, task_id: str, content: bytes = b"Measured twice.", name: str = "note.txt") -> dict[str, Any]:
    answer = send(user, task_id, ("file", (content, name, "text/plain")))
    assert answer.status_code == 201, answer.text
    attachment: dict[str, Any] = answer.json
    return attachment


def download_by(user: TestUser, attachment: dict[str, Any]) -> Answer:
    return user.api.get(f"/attachments/{attachment['id']}/content", buffered=True)


@pytest.mark.parametrize("content", [b"x", bytes(range(256)) * 4, os.urandom(700_000), b"\0" * MAX_FILE_BYTES])
def test_a_file_is_downloaded_as_it_was(member: TestUser, task_id: str, files_dir: Path, content: bytes) -> None:
    answer = send(member, task_id, ("file", (content, "Mirror 🔭.bin", "image/x-raw")))
    attachment = answer.json
    assert (answer.status_code, attachment["name"], attachment["media_type"]) == (201, "Mirror 🔭.bin", "image/x-raw")
    assert (attachment["size_bytes"], attachment["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert (attachment["task_id"], attachment["added_by"]) == (task_id, member.person.id)
    assert member.api.get("/api/v1/" + answer.headers["Location"].partition("/api/v1/")[2]).json == attachment
    download = download_by(member, attachment)
    assert (download.status_code, download.data, download.content_length) == (200, content, len(content))
    assert stat.S_IMODE((files_dir / attachment["id"]).stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "mirror.pdf"])
def test_a_download_is_never_shown_nor_cached(member: TestUser, viewer: TestUser, task_id: str, name: str) -> None:
    sent = ("file", (b"<script>alert(1)</script>", name, "text/html"))
    attachment = send(member, task_id, sent).json
    download = download_by(viewer, attachment)
    assert download.headers["Content-Type"] == "application/octet-stream"
    assert download.headers["Content-Disposition"].startswith("attachment; ")
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert download.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert download.headers["Cache-Control"] == "private, no-store"
    assert not {"ETag", "Last-Modified", "Set-Cookie"} & set(download.headers.keys())


def test_a_name_survives_in_the_download(member: TestUser, task_id: str) -> None:
    attachment = attach(member, task_id, name="Größe A.txt")
    disposition = download_by(member, attachment).headers["Content-Disposition"]
    assert "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20A.txt" in disposition


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\receipt.pdf", "receipt.pdf"),
        ("a\0b\r\nc\x7f.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("  spaced.txt ", "spaced.txt"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("a/", "file"),
        (".env", ".env"),
        ("a" * 300 + ".pdf", "a" * 251 + ".pdf"),
        ("a." + "b" * 300, "a." + "b" * 253),
        ("👩‍🚀.png", "👩‍🚀.png"),
    ],
)
def test_a_name_keeps_no_path_and_nothing_unseen(sent: str, stored: str) -> None:
    assert safe_file_name(sent) == stored


@pytest.mark.parametrize("declared", ["no type", 'text/html; x="y\nz"', "../..", "a" * 60 + "/b"])
def test_an_invalid_type_counts_as_bytes(member: TestUser, task_id: str, declared: str) -> None:
    body = f'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: {declared}\r\n\r\na\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x"
    answer = member.api.post(f"/tasks/{task_id}/attachments", data=body.encode(), content_type=kind)
    assert answer.json["media_type"] in ("application/octet-stream", "text/html")


FILE = (b"a", "a.txt", "text/plain")


@pytest.mark.parametrize(
    ("parts", "errors"),
    [
        ([], [("/file", "required")]),
        ([("file", (b"", "a.txt", "text/plain"))], [("/file", "too_short")]),
        ([("file", FILE), ("file", FILE)], [("/file", "doubled")]),
        ([("document", FILE)], [("/document", "unknown_field"), ("/file", "required")]),
        ([("file", FILE), ("colour", "blue")], [("/colour", "unknown_field")]),
        ([("file", "only text")], [("/file", "wrong_type")]),
    ],
)
def test_a_form_that_cannot_be_used_is_explained_and_nothing_is_stored(
    member: TestUser, task_id: str, files_dir: Path, parts: list[tuple[str, Any]], errors: list[tuple[str, str]]
) -> None:
    before = sorted(files_dir.glob("*"))
    answer = send(member, task_id, *parts)
    assert (answer.status_code, [(f["pointer"], f["code"]) for f in answer.json["errors"]]) == (422, errors)
    assert member.api.get(f"/tasks/{task_id}/attachments").json["data"] == []
    assert sorted(files_dir.glob("*")) == before


@pytest.mark.parametrize("disposition", ["form-data", 'form-data; name=""', 'form-data; name="a"b"', "form-data; filename=x"])
def test_a_part_without_a_name_is_refused(member: TestUser, task_id: str, disposition: str) -> None:
    form = f"--b\r\nContent-Disposition: {disposition}\r\n\r\n{{}}\r\n--b--\r\n".encode()
    answer = member.api.post(f"/tasks/{task_id}/attachments", data=form, content_type="multipart/form-data; boundary=b")
    errors = {error["code"] for error in answer.json["errors"]}
    assert (answer.status_code, errors) == (422, {"unknown_field", "required"})


@pytest.mark.parametrize("size", [MAX_FILE_BYTES + 1, MAX_FILE_BYTES + 1024 * 1024])
def test_a_file_that_is_too_large_is_413(member: TestUser, task_id: str, files_dir: Path, size: int) -> None:
    before = sorted(files_dir.glob("*"))
    answer = send(member, task_id, ("file", (b"\0" * size, "a.bin", "application/x-raw")))
    assert refusal(answer) == (413, "payload_too_large")
    assert str(MAX_FILE_BYTES) in answer.json["detail"]
    assert sorted(files_dir.glob("*")) == before


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "image/png", ""])
def test_another_kind_of_body_is_415(member: TestUser, task_id: str, content_type: str) -> None:
    answer = member.api.post(f"/tasks/{task_id}/attachments", data=b"{}", content_type=content_type)
    assert refusal(answer) == (415, "unsupported_media_type")
    assert "multipart/form-data" in answer.json["hint"]


@pytest.mark.parametrize(
    ("boundary", "body"),
    [
        ("", b"--x--\r\n"),
        ("; boundary=ä", b"--x--\r\n"),
        ("; boundary=x", b"\r\n"),
        ("; boundary=x", b"garbage"),
        ("; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nab'),
        ("; boundary=x", b'--x\r\nContent-Disposition: form-data; name="\xff"; filename="a"\r\n\r\nab\r\n--x--\r\n'),
        ("; boundary=x", b"--x\r\n\r\nab\r\n--x--\r\n"),
    ],
)
# Werkzeug leaves the half of a torn part to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_form_that_cannot_be_read_is_400(member: TestUser, task_id: str, boundary: str, body: bytes) -> None:
    answer = member.api.post(f"/tasks/{task_id}/attachments", data=body, content_type=f"multipart/form-data{boundary}")
    assert refusal(answer) == (400, "invalid_request")
    assert "boundary" in answer.json["detail"]
    assert member.api.get(f"/tasks/{task_id}/attachments").json["data"] == []
    gc.collect()


def test_an_empty_form_names_the_missing_part(member: TestUser, task_id: str) -> None:
    kind = "multipart/form-data; boundary=x"
    answer = member.api.post(f"/tasks/{task_id}/attachments", data=b"--x--\r\n", content_type=kind)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/file")


def test_json_elsewhere_is_as_limited_as_before(member: TestUser, project: ProjectAndBoard) -> None:
    body = b'{"title": "' + b"a" * 300_000 + b'"}'
    answer = member.api.post(f"/boards/{project.board_id}/tasks", data=body, content_type="application/json")
    assert refusal(answer) == (413, "payload_too_large")


def test_an_upload_sent_again_is_there_once_whatever_its_boundary(member: TestUser, task_id: str) -> None:
    key = {"Idempotency-Key": new_id("req")}
    content = os.urandom(700_000)
    first, second = (send(member, task_id, ("file", (content, "a.bin", "text/plain")), headers=key) for _ in range(2))
    assert (first.json, second.headers["Idempotency-Replayed"]) == (second.json, "true")
    other = send(member, task_id, ("file", (content + b"!", "a.bin", "text/plain")), headers=key)
    assert refusal(other) == (422, "validation_failed")
    assert len(member.api.get(f"/tasks/{task_id}/attachments").json["data"]) == 1


def test_a_list_is_paged_and_costs_the_same_queries_whatever_its_length(app: Flask, owner: TestUser, task_id: str) -> None:
    attach(owner, task_id, name="0")
    short = queries_of(app, lambda: owner.api.get(f"/tasks/{task_id}/attachments"))
    for number in range(1, 5):
        attach(owner, task_id, name=str(number))
    assert queries_of(app, lambda: owner.api.get(f"/tasks/{task_id}/attachments")) == short
    first = owner.api.get(f"/tasks/{task_id}/attachments?limit=2").json
    rest = owner.api.get(f"/tasks/{task_id}/attachments?limit=3&cursor={first['next_cursor']}").json
    assert [one["name"] for one in first["data"] + rest["data"]] == list("01234")


def test_a_deleted_file_is_gone_from_the_disk(member: TestUser, task_id: str, files_dir: Path) -> None:
    attachment = attach(member, task_id)
    stale = {"If-Match": '"stale"'}
    assert member.api.delete(f"/attachments/{attachment['id']}", headers=stale).status_code == 412
    assert (files_dir / attachment["id"]).exists()
    assert member.api.delete(f"/attachments/{attachment['id']}").status_code == 204
    assert not (files_dir / attachment["id"]).exists()
    assert refusal(download_by(member, attachment)) == (404, "not_found")


def test_a_file_that_was_lost_is_404_and_can_still_be_deleted(member: TestUser, task_id: str, files_dir: Path) -> None:
    attachment = attach(member, task_id)
    (files_dir / attachment["id"]).unlink()
    answer = download_by(member, attachment)
    assert refusal(answer) == (404, "not_found")
    assert "no longer stored" in answer.json["detail"]
    assert member.api.delete(f"/attachments/{attachment['id']}").status_code == 204


@pytest.mark.parametrize("what", ["task", "project"])
def test_the_cleanup_deletes_orphan_files(
    new_user: Callable[..., TestUser], make_app: Callable[..., Flask], tmp_path: Path, what: str
) -> None:
    separate_app = make_app(files_dir=tmp_path / "files")
    user = replace(new_user(), app=separate_app)
    project = add_project_and_board(separate_app, user)
    kept, deleted = (add(user, project, title)["id"] for title in ("kept", "gone"))
    names = [attach(user, kept)["id"], attach(user, deleted)["id"]]
    for name in (".upload-broken", "notes.txt", new_id("att")):
        (tmp_path / "files" / name).write_text("x")
    deleted_path = f"/tasks/{deleted}" if what == "task" else f"/projects/{project.project_id}"
    assert user.api.delete(deleted_path).status_code == 204
    with separate_app.app_context():
        assert delete_orphan_files(tmp_path / "files") == 0, "what is younger than ten minutes may still be under way"
        for path in (tmp_path / "files").iterdir():
            os.utime(path, (time.time() - LONG_AGO_S,) * 2)
        removed = delete_orphan_files(tmp_path / "files")
    left = {path.name for path in (tmp_path / "files").iterdir()}
    assert (removed, left) == ((3, {names[0], "notes.txt"}) if what == "task" else (4, {"notes.txt"}))


def test_a_cleanup_before_the_first_upload_finds_nothing(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        assert delete_orphan_files(tmp_path / "nowhere") == 0
