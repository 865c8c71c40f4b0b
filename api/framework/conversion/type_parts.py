"""The parts of a declared type, from the outside in."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import Meta


def parts_of(kind: Any) -> Iterator[Any]:
    """The type, and what it is made of: the choices of a union, what is annotated, the items of a list."""
    yield kind
    if get_origin(kind) in (Annotated, Union, UnionType, list):
        for argument in get_args(kind):
            if not isinstance(argument, Meta):
                yield from parts_of(argument)
