"""Files on tasks: their bytes are in a directory, under the id of their row."""

import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path, PurePath
from typing import BinaryIO

from sqlalchemy import bindparam, delete, select

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.permissions import find, find_for_update, require_role, require_scope
from calmboard.access.reads import replica_reads
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, retry_conflicts
from calmboard.errors import NotFound, raising_disk_problems
from calmboard.events.activity import record
from calmboard.models import Attachment, Task
from calmboard.pagination import Order, Page, PageRequest, order_and_limit, read_page
from calmboard.preconditions import Precondition, no_precondition
from calmboard.prepared import Prepared
from calmboard.work.discussion.file_limits import require_room

MAX_NAME_LENGTH = 255

_COLUMNS = (
    Attachment.id,
    Attachment.task_id,
    Attachment.name,
    Attachment.media_type,
    Attachment.size_bytes,
    Attachment.sha256,
    Attachment.added_by,
    Attachment.created_at,
)
_BY_ID = Order((Attachment.id,))
_MAX_SUFFIX_LENGTH = 20
_CHUNK_BYTES = 64 * 1024
UPLOAD_PREFIX = ".upload-"
_MIN_AGE = timedelta(minutes=10)
_BATCH_SIZE = 500
# Characters that reverse the reading direction, so that an .exe can look like a .pdf.
_BIDI_CONTROLS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as it was sent: name and type are claimed by its sender."""

    name: str
    media_type: str
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class _Written:
    path: Path
    size_bytes: int
    sha256: str


def list_attachments(access: Access, task_id: str, page_request: PageRequest) -> Page[AnyRow]:
    """The files on a task, oldest first. Raises NotFound where there is no such task, Forbidden without access."""
    require_scope(access, "tasks:read")
    find(access, Task, task_id)
    with replica_reads(access) as connection:
        return read_page(connection, _attachment_list(page_request.after is not None), page_request, {"task_id": task_id})


def read_attachment(access: Access, attachment_id: str) -> AnyRow:
    """Raises NotFound where there is none, Forbidden without access."""
    require_scope(access, "tasks:read")
    return find(access, Attachment, attachment_id, *_COLUMNS)


def open_attachment(access: Access, attachment_id: str, files_dir: Path) -> tuple[AnyRow, BinaryIO]:
    """The row and its file, to be closed by the caller. Raises as `read_attachment` does, and NotFound where the file is lost."""
    attachment = read_attachment(access, attachment_id)
    try:
        return attachment, (files_dir / attachment.id).open("rb")
    except FileNotFoundError:
        raise NotFound("The file of this attachment is no longer stored.") from None


def add_attachment(access: Access, task_id: str, file: NewFile, files_dir: Path) -> AnyRow:
    """Store a file on a task.

    Raises NotFound, Forbidden without access and to viewers, PayloadTooLarge where project or person have no room for it, and
    Unavailable where the disk has none.
    """
    found = find(access, Task, task_id)
    require_role(access, found.role, "tasks:write")
    with raising_disk_problems(), _writing(files_dir, file.content) as written:
        attachment_id = _store(access, found.in_project, task_id, file, written, files_dir)
    return read_attachment(access, attachment_id)


@retry_conflicts
def delete_attachment(access: Access, attachment_id: str, files_dir: Path, precondition: Precondition = no_precondition) -> None:
    """Delete a file for good. Raises NotFound, Forbidden without access and to viewers, PreconditionFailed."""
    attachment = find_for_update(access, Attachment, attachment_id, *_COLUMNS, Task.board_id)
    require_role(access, attachment.role, "tasks:write")
    precondition(attachment)
    db.session.execute(delete(Attachment).where(Attachment.id == attachment_id))
    location = {"board_id": attachment.board_id, "task_id": attachment.task_id}
    record(access, "attachment.deleted", attachment.in_project, attachment_id, **location, changes={"name": attachment.name})
    db.session.commit()
    (files_dir / attachment_id).unlink(missing_ok=True)


def delete_orphan_files(files_dir: Path) -> int:
    """Delete files whose task is gone, or whose upload was interrupted, once they are ten minutes old; returns how many."""
    if not files_dir.is_dir():
        return 0
    old = [path for path in files_dir.iterdir() if _is_ours(path) and _is_old(path)]
    batches = (old[start : start + _BATCH_SIZE] for start in range(0, len(old), _BATCH_SIZE))
    return sum(_delete_unknown(batch) for batch in batches)


def safe_file_name(name: str) -> str:
    """The last part of a path, without invisible characters; at most 255 characters, with its suffix."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(
        character for character in last if unicodedata.category(character) not in ("Cc", "Cs") and character not in _BIDI_CONTROLS
    ).strip()
    if visible.strip(".") == "":
        return "file"
    suffix = PurePath(visible).suffix
    if len(suffix) > _MAX_SUFFIX_LENGTH:
        return visible[:MAX_NAME_LENGTH]
    return visible.removesuffix(suffix)[: MAX_NAME_LENGTH - len(suffix)] + suffix


@retry_conflicts
def _store(access: Access, project_id: str, task_id: str, file: NewFile, written: _Written, files_dir: Path) -> str:
    """Add the row of a written file, and give the file its name; returns its id."""
    require_room(access, project_id, written.size_bytes)
    task = find_for_update(access, Task, task_id, Task.board_id)
    require_role(access, task.role, "tasks:write")
    attachment_id = ids.new_id("att")
    metadata = {"name": safe_file_name(file.name), "size_bytes": written.size_bytes}
    values = {"media_type": file.media_type, "sha256": written.sha256, "added_by": access.user.id, **metadata}
    db.session.add(Attachment(id=attachment_id, task_id=task_id, **values))
    location = {"board_id": task.board_id, "task_id": task_id}
    record(access, "attachment.created", task.in_project, attachment_id, **location, changes=metadata)
    db.session.flush()
    # Before the commit: a file without a row is deleted later, a row without a file would stay broken.
    written.path.rename(files_dir / attachment_id)
    db.session.commit()
    return attachment_id


@cache
def _attachment_list(after_cursor: bool) -> Prepared:
    return order_and_limit(select(*_COLUMNS).where(Attachment.task_id == bindparam("task_id")), _BY_ID, after_cursor=after_cursor)


@contextmanager
def _writing(files_dir: Path, content: BinaryIO) -> Iterator[_Written]:
    """The content in a file of its own, readable by its owner alone; gone at the end unless it was renamed."""
    files_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=UPLOAD_PREFIX, dir=files_dir)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            digest, size_bytes = hashlib.sha256(), 0
            while chunk := content.read(_CHUNK_BYTES):
                size_bytes += file.write(chunk)
                digest.update(chunk)
            file.flush()
            os.fsync(descriptor)
        yield _Written(path, size_bytes, digest.hexdigest())
    finally:
        path.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    return ids.is_id("att", path.name) or path.name.startswith(UPLOAD_PREFIX)


def _is_old(path: Path) -> bool:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime < (now() - _MIN_AGE).timestamp()
    return False


def _delete_unknown(paths: list[Path]) -> int:
    with autocommit() as connection:
        names = [path.name for path in paths]
        known = set(connection.execute(select(Attachment.id).where(Attachment.id.in_(names))).scalars())
    unknown = [path for path in paths if path.name not in known]
    for path in unknown:
        path.unlink(missing_ok=True)
    return len(unknown)
