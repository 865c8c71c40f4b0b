"""Labels."""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from api.shapes.values import LabelId, ProjectId, Time, about
from calmboard.models import work
from calmboard.texts.names import ONE_LINE

LabelName = Annotated[
    str, about("The word; a project has it once, whatever the case.", "Refunds", min_length=1, max_length=50, pattern=ONE_LINE)
]
Colour = Annotated[work.Colour, about("Its colour.", "teal")]


class Label(Struct):
    """A word with a colour that tasks of a project can carry."""

    id: LabelId
    project_id: ProjectId
    name: LabelName
    colour: Colour
    created_at: Time
    updated_at: Time


class LabelChanges(Struct, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; the others stay as they are."""

    name: LabelName | UnsetType = UNSET
    colour: Colour | UnsetType = UNSET


class NewLabel(LabelChanges, kw_only=True, forbid_unknown_fields=True):
    """A label to add; grey where no colour is sent."""

    name: LabelName
