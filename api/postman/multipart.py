"""Uploads written out as text, since a downloaded collection contains no file (RFC 7578)."""

from typing import Any

_BOUNDARY = "calmboard-postman"


def multipart_body(media: dict[str, Any], document: dict[str, Any]) -> tuple[str, str]:
    """Content-Type and body, with a part for each property of the schema."""
    schema = _resolve_ref(media["schema"], document)
    parts = [_part(name, _resolve_ref(about, document)) for name, about in schema["properties"].items()]
    return f"multipart/form-data; boundary={_BOUNDARY}", "".join(parts) + f"--{_BOUNDARY}--\r\n"


def _part(name: str, about: dict[str, Any]) -> str:
    is_file = "contentMediaType" in about or about.get("format") == "binary"
    file = '; filename="note.txt"\r\nContent-Type: text/plain' if is_file else ""
    value = "Measured twice.\n" if is_file else about.get("examples", [""])[0]
    return f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n'


def _resolve_ref(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found
