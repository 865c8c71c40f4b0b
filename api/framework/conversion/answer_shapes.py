"""Results in the shape of an answer: what is stored is answered as it stands, also where a rule of today would not take it.

The rules of a struct are for what comes in. A text from before a rule came, or from another way in, must not make an answer
impossible.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial, reduce
from operator import attrgetter, or_
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo

Shape = TypeVar("Shape", bound=Struct)
_Take = Callable[[Any], Any]


def shaped(kind: type[Shape], result: Any) -> Shape:
    """The result as the struct; whatever has the fields may be given."""
    if isinstance(result, Struct) and (take := _taker(kind)) is not None:
        return cast("Shape", take(result))
    answer: Shape = msgspec.convert(result, without_rules(kind), from_attributes=True)
    return answer


def all_shaped(kind: type[Shape], results: Sequence[Any]) -> list[Shape]:
    """Results of one kind, as the struct."""
    if results and isinstance(results[0], Struct) and (take := _taker(kind)) is not None:
        return cast("list[Shape]", list(map(take, results)))
    return [shaped(kind, result) for result in results]


@cache
def without_rules(kind: type[Shape]) -> type[Shape]:
    """The struct with its fields in their order and by their types alone."""
    infos = msgspec.structs.fields(kind)
    fields = [(field.name, _type_alone(field.type), _default(field)) for field in infos]
    loose: Any = msgspec.defstruct(kind.__name__, fields, bases=(kind,), kw_only=any(map(_has_default, infos)))
    return cast("type[Shape]", loose)


@cache
def _taker(kind: type[Struct]) -> _Take | None:
    """A function that takes the fields off another struct, whose values have their types already; `convert` asks each again.

    None for a struct with a field that may be absent, or with a struct in a union.
    """
    loose = without_rules(kind)
    fields = msgspec.structs.fields(loose)
    nested = [(index, _part_taker(field.type)) for index, field in enumerate(fields) if _holds_struct(field.type)]
    parts = [(index, take) for index, take in nested if take is not None]
    if len(fields) < 2 or len(parts) < len(nested) or any(map(_has_default, fields)):
        return None
    values_of = attrgetter(*(field.name for field in fields))
    return partial(_take_nested, loose, values_of, parts) if parts else lambda result: loose(*values_of(result))


def _take_nested(kind: type[Struct], values_of: _Take, parts: list[tuple[int, _Take]], result: Any) -> Struct:
    values = list(values_of(result))
    for index, take in parts:
        values[index] = take(values[index])
    return kind(*values)


def _part_taker(kind: Any) -> _Take | None:
    """For a field that is a list of structs; None for anything else that holds one."""
    if get_origin(kind) is not list:
        return None
    (item,) = get_args(kind)
    return lambda results: all_shaped(item, results)


def _holds_struct(kind: Any) -> bool:
    return any(map(_holds_struct, get_args(kind))) or (isinstance(kind, type) and issubclass(kind, Struct))


def _has_default(field: FieldInfo) -> bool:
    return field.default is not NODEFAULT or field.default_factory is not NODEFAULT


def _default(field: FieldInfo) -> Any:
    if field.default is not NODEFAULT:
        return msgspec.field(default=field.default, name=field.encode_name)
    if field.default_factory is not NODEFAULT:
        return msgspec.field(default_factory=field.default_factory, name=field.encode_name)
    return msgspec.field(name=field.encode_name)


def _type_alone(kind: Any) -> Any:
    origin = get_origin(kind)
    if origin is Annotated:
        return _type_alone(get_args(kind)[0])
    if origin in (Union, UnionType):
        return reduce(or_, (_type_alone(part) for part in get_args(kind)))
    if origin is list:
        return list[_type_alone(get_args(kind)[0])]  # type: ignore[misc]  # made at run time
    if isinstance(kind, type) and origin is None and issubclass(kind, Struct):
        return without_rules(kind)
    return kind
