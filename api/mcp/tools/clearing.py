"""Fields that a call empties by naming them in `clear`, since an argument without a value means not given."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Meta

from calmboard.errors import FieldError, ValidationFailed


def clear_meta(what: str, example: str) -> Meta:
    return Meta(description=f"Names of what to empty: {what}.", examples=[[example]], max_length=20)


def cleared(args: Any, empty: Mapping[str, Any]) -> dict[str, Any]:
    """What each field that `clear` names becomes; `empty`: its value without anything in it.

    Raises ValidationFailed where the call gives one of them a value as well. A false one is none.
    """
    names = dict.fromkeys(args.clear or ())
    both = [name for name in names if getattr(args, name, UNSET) not in (UNSET, False)]
    if both:
        detail = "It is in clear, and has a value as well. Leave one of them out."
        raise ValidationFailed(errors=tuple(FieldError(f"/{name}", "contradiction", detail) for name in both))
    return {name: empty[name] for name in names}
