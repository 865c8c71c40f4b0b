"""Attachments."""

from pathlib import Path
from typing import Any

from flask import Blueprint, send_file
from werkzeug.wrappers import Response as AnyResponse

from api.framework.describe import describe
from api.framework.queries import PageQuery
from api.shapes.work.attachments import Attachment, Upload
from calmboard.access.access import Access
from calmboard.pagination import Page
from calmboard.preconditions import Precondition
from calmboard.settings import current_settings
from calmboard.work.discussion import attachments
from calmboard.work.discussion.attachments import NewFile

bp = Blueprint("attachments", __name__)


@bp.get("/v1/tasks/<task_id>/attachments")
@describe("List the files on a task", Attachment, query=PageQuery, scope="tasks:read")
def list_attachments(access: Access, task_id: str, query: PageQuery) -> Page[Any]:
    """The files on a task, oldest first."""
    return attachments.list_attachments(access, task_id, query.page_request)


@bp.post("/v1/tasks/<task_id>/attachments")
@describe("Attach a file to a task", Attachment, takes=Upload, scope="tasks:write", location="/api/v1/attachments/{id}")
def create_attachment(access: Access, task_id: str, file: NewFile) -> Any:
    """Send one file of at most 10 MiB as the part `file` of a form, such as with `curl -F file=@receipt.pdf`.

    The files of a project together, and yours in all projects, have limits; beyond, 413 says how many bytes are left.
    """
    return attachments.add_attachment(access, task_id, file, _files_dir())


@bp.get("/v1/attachments/<attachment_id>")
@describe("Read about a file", Attachment, scope="tasks:read")
def read_attachment(access: Access, attachment_id: str) -> Any:
    """Name, type, size and SHA-256 of a file."""
    return attachments.read_attachment(access, attachment_id)


@bp.get("/v1/attachments/<attachment_id>/content")
@describe("Download a file", scope="tasks:read", gives_file=True)
def download_attachment(access: Access, attachment_id: str) -> AnyResponse:
    """The bytes of a file, always as a download and never as something a browser shows."""
    attachment, file = attachments.open_attachment(access, attachment_id, _files_dir())
    response = send_file(file, "application/octet-stream", as_attachment=True, download_name=attachment.name)
    response.content_length = attachment.size_bytes
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@bp.delete("/v1/attachments/<attachment_id>")
@describe("Delete a file", scope="tasks:write", guarded=Attachment)
def delete_attachment(access: Access, attachment_id: str, precondition: Precondition) -> None:
    """Delete a file for good."""
    attachments.delete_attachment(access, attachment_id, _files_dir(), precondition)


def _files_dir() -> Path:
    return current_settings().files_dir
