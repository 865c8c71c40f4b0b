"""The one error body."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from api.shapes.values import about


class FieldError(Struct, omit_defaults=True):
    """One faulty field."""

    pointer: Annotated[str, about("A JSON pointer into the body, or the name of a parameter.", "/title")]
    code: Annotated[str, about("What is wrong, for programs.", "too_long")]
    detail: Annotated[str, about("What is wrong and what is accepted, for people.", "Use at most 200 characters.")]
    allowed_values: Annotated[list[str], about("The values that can be used.", ["ready", "done"])] | UnsetType = UNSET


class SimpleError(Struct):
    """The error again, for clients that read nothing else."""

    code: Annotated[str, about("The same code.", "validation_failed")]
    message: Annotated[str, about("The same detail.", "The body was readable, but some values in it cannot be used.")]


class Problem(Struct, omit_defaults=True):
    """Every error has this body (RFC 9457)."""

    type: Annotated[str, about("Where this code is explained.", "https://calmboard.example/docs/errors#validation_failed")]
    title: Annotated[str, about("The kind of problem.", "Values need a second look")]
    status: Annotated[int, about("The HTTP status.", 422)]
    detail: Annotated[str, about("What happened here.", "The body was readable, but some values in it cannot be used.")]
    code: Annotated[str, about("The stable code of this problem.", "validation_failed")]
    request_id: Annotated[str, about("Also in X-Request-Id.", "req_01m86ffkj1eyt9k86t46h61k8b")]
    errors: Annotated[list[FieldError], Meta(description="Every faulty field; of more than 100 the first 100.")]
    hint: Annotated[str, about("What to do next.", "Correct each field listed under errors.")]
    error: SimpleError
    allowed_values: Annotated[list[str], about("What is accepted, where that is a short list.", ["tasks:write"])] | UnsetType = (
        UNSET
    )
    errors_total: Annotated[int, about("How many are faulty, where `errors` names not all.", 240)] | UnsetType = UNSET
    policy: Annotated[str, about("The rate-limit policy that was exceeded.", "pro")] | UnsetType = UNSET
