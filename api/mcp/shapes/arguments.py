"""The kinds of argument that tools share, and what all arguments have in common."""

from typing import Annotated

from msgspec import Meta, Struct

from api.shapes.values import (
    EXAMPLE_ID_SUFFIX,
    NO_NUL,
    about,
)

Cursor = Annotated[
    str,
    about(
        "The next_cursor of the answer before, to go on behind it; with the same arguments otherwise.",
        "Vx3kq0pU2Yb1mJ8sWyJ0ZXh0IiwidHNrXzAxbTg2Il0",
        max_length=500,
    ),
]
# By id or by exact name; people also by e-mail, tasks by their short number.
TaskNamed = Annotated[str, about("The task, by id or short number.", f"tsk_{EXAMPLE_ID_SUFFIX}", max_length=254)]
ProjectNamed = Annotated[str, about("The project, by id or exact name.", f"prj_{EXAMPLE_ID_SUFFIX}", max_length=254)]
BoardNamed = Annotated[str, about("The board, by id or exact name.", f"brd_{EXAMPLE_ID_SUFFIX}", max_length=254)]
SprintNamed = Annotated[str, about("The sprint, by id or exact name.", f"spr_{EXAMPLE_ID_SUFFIX}", max_length=254)]
PersonNamed = Annotated[str, about("A person: id, exact name, e-mail address, or `me`, for whom you act.", "me", max_length=254)]
People = Annotated[list[PersonNamed], Meta(max_length=50)]
LabelNamed = Annotated[str, about("A label: id or exact name.", "bug", max_length=254)]
Labels = Annotated[list[LabelNamed], about("Labels of the project; they replace those it has.", ["bug"], max_length=50)]


IdempotencyKey = Annotated[
    str,
    about(
        "A text of your own, new for each piece of work: a call sent again with it is done once, and answered the same.",
        "5f0c1f0e-0f3b-4c58-9d5e-6a1d5a1c7a52",
        min_length=1,
        max_length=200,
        pattern=NO_NUL,
    ),
]
# Of a tool whose work cannot be undone.
DryRun = Annotated[bool, about("true: change nothing, and tell exactly what would happen.", True)]
# False is what strict clients fill in, so that it takes `clear` to unpin.
Pin = Annotated[bool, about("true: pin it for everyone.", True)]


class ToolArguments(Struct, kw_only=True, forbid_unknown_fields=True):
    """The arguments of a tool; none that it does not name."""
