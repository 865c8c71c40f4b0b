"""The fields of a struct by the name they have in JSON, looked up once a struct."""

from functools import cache

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo


@cache
def fields_of(kind: type[Struct]) -> dict[str, FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}
