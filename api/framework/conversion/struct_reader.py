"""Reads parsed JSON as structs, field by field and level by level, so that no error hides another."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from api.framework.conversion.field_errors import field_error_from
from api.framework.conversion.json_schema_convert import convert
from api.framework.conversion.struct_fields import fields_of
from calmboard.errors import FieldError


def read_object(value: Any, kind: type[Struct], pointer: str, errors: list[FieldError]) -> Struct | None:
    """Read an object as a struct, or add an error for each field that is unknown, missing or wrong and return None."""
    if not isinstance(value, dict):
        errors.append(FieldError(pointer, "wrong_type", "Send a JSON object, such as {}."))
        return None
    known, tag = fields_of(kind), kind.__struct_config__.tag_field
    before = len(errors)
    errors += [_unknown(name, pointer, list(known)) for name in value if name not in known and name != tag]
    read = {}
    for name, field in known.items():
        field_pointer = f"{pointer}/{_escaped(name)}"
        if name in value:
            read[field.name] = _read(value[name], field.type, field_pointer, errors)
        elif field.required:
            errors.append(FieldError(field_pointer, "required", f"Send {name}; it is needed."))
    return kind(**read) if len(errors) == before else None


def _read(value: Any, kind: Any, pointer: str, errors: list[FieldError]) -> Any:
    struct, is_list = _structs_in(kind)
    if struct and not is_list:
        return _read_one_of(value, struct, pointer, errors)
    if struct and isinstance(value, list):
        _check(value, kind, pointer, errors, length_only=True)
        return [_read_one_of(item, struct, f"{pointer}/{index}", errors) for index, item in enumerate(value)]
    return _check(value, kind, pointer, errors)


def _check(value: Any, kind: Any, pointer: str, errors: list[FieldError], *, length_only: bool = False) -> Any:
    """Convert a plain value; of a list of structs, only its length is checked."""
    try:
        return convert([None] * len(value), _lengths_of(kind)) if length_only else convert(value, kind)
    except msgspec.ValidationError as error:
        errors.append(field_error_from(error, pointer, kind))
        return None


def _read_one_of(value: Any, structs: list[type[Struct]], pointer: str, errors: list[FieldError]) -> Any:
    """Read an object as the one struct, or as the one whose tag it carries."""
    if len(structs) == 1:
        return read_object(value, structs[0], pointer, errors)
    tag_field = structs[0].__struct_config__.tag_field or ""
    by_tag = {str(struct.__struct_config__.tag): struct for struct in structs}
    tag = value.get(tag_field) if isinstance(value, dict) else None
    if isinstance(tag, str) and tag in by_tag:
        return read_object(value, by_tag[tag], pointer, errors)
    errors.append(FieldError(f"{pointer}/{tag_field}", "unknown_value", f"Send one of {', '.join(by_tag)}.", tuple(by_tag)))
    return None


def _structs_in(kind: Any) -> tuple[list[type[Struct]], bool]:
    """The structs that a field may hold, and whether it holds a list of them."""
    origin = get_origin(kind)
    if origin is list:
        return _structs_in(get_args(kind)[0])[0], True
    if origin is Annotated:
        return _structs_in(get_args(kind)[0])
    if origin in (Union, UnionType):
        parts = [_structs_in(part) for part in get_args(kind)]
        return [struct for structs, _ in parts for struct in structs], any(is_list for _, is_list in parts)
    return ([kind], False) if isinstance(kind, type) and issubclass(kind, Struct) else ([], False)


def _lengths_of(kind: Any) -> Any:
    """`Annotated[list[None], …]` for `Annotated[list[Struct], …]`."""
    while get_origin(kind) in (Union, UnionType):
        kind = get_args(kind)[0]
    notes = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return Annotated[(list[None], *notes)] if notes else list[None]


def _unknown(name: str, pointer: str, known: list[str]) -> FieldError:
    field_pointer = f"{pointer}/{_escaped(name[:100])}"
    return FieldError(field_pointer, "unknown_field", f"There is no field “{name[:100]}” here.", tuple(known))


def _escaped(name: str) -> str:
    """A field's name in a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
