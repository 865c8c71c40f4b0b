"""Attachments."""

from typing import Annotated

from msgspec import Meta, Struct

from api.shapes.values import AttachmentId, TaskId, Time, UserId, about


class Attachment(Struct):
    """A file on a task."""

    id: AttachmentId
    task_id: TaskId
    name: Annotated[str, about("The file's name, without a path.", "receipt.pdf")]
    media_type: Annotated[str, about("The type that its sender declared.", "application/pdf")]
    size_bytes: Annotated[int, about("Its length in bytes.", 48_211)]
    sha256: Annotated[
        str,
        about("The SHA-256 of its bytes, in hexadecimal.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ]
    added_by: Annotated[UserId | None, about("Who added it; null: their account is gone.")]
    created_at: Time


class Upload(Struct):
    """One file, as the part `file` of a form."""

    file: Annotated[
        str,
        Meta(
            description="The file, 10 MiB at most. Its name and type are those of the part.",
            examples=["Measured twice.\n"],
            extra_json_schema={"format": "binary"},
        ),
    ]
