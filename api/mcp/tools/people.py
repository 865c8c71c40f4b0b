"""People as an agent names them: by id, or `me`."""

from collections.abc import Sequence

from calmboard.access.access import Access
from calmboard.errors import FieldError, ValidationFailed
from calmboard.ids import is_id


def person_ids(access: Access, people: Sequence[str], pointer: str) -> list[str]:
    """Their ids; raises ValidationFailed for whatever is not a person's id. `pointer` is the argument's, such as `/assignees`."""
    errors = [_invalid_person(name, f"{pointer}/{index}") for index, name in enumerate(people) if not _is_person(name)]
    if errors:
        raise ValidationFailed(errors=tuple(errors))
    return list(dict.fromkeys(access.user.id if name == "me" else name for name in people))


def person_id(access: Access, name: str, pointer: str) -> str:
    """One of them; raises as `person_ids` does."""
    if not _is_person(name):
        raise ValidationFailed(errors=(_invalid_person(name, pointer),))
    return access.user.id if name == "me" else name


def _is_person(name: str) -> bool:
    return name == "me" or is_id("usr", name)


def _invalid_person(name: str, pointer: str) -> FieldError:
    detail = f"“{name}” is no person's id. Send me, or an id that starts with usr_: get_project names the people of a project."
    return FieldError(pointer, "wrong_form", detail)
