"""Results in the shape of an answer: what is stored is answered as it stands, also where a rule of today would not take it.

The rules of a struct are for what comes in. A text from before a rule came, or from another way in, must not make an answer
impossible.
"""

from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo

Shape = TypeVar("Shape", bound=Struct)


def shaped(kind: type[Shape], result: Any) -> Shape:
    """The result as the struct; whatever has the fields may be given."""
    answer: Shape = msgspec.convert(result, without_rules(kind), from_attributes=True)
    return answer


@cache
def without_rules(kind: type[Shape]) -> type[Shape]:
    """The struct with its fields in their order and by their types alone."""
    fields = [(field.name, _type_alone(field.type), _default(field)) for field in msgspec.structs.fields(kind)]
    loose: Any = msgspec.defstruct(kind.__name__, fields, bases=(kind,), kw_only=True)
    return cast("type[Shape]", loose)


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
