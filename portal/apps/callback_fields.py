"""Callback addresses as they are entered: a field each, or several in one."""

from collections.abc import Sequence
from dataclasses import dataclass

from calmboard.errors import FieldError
from portal.shared.submissions.kept import Fields


@dataclass(frozen=True, slots=True)
class CallbackFields:
    """Callback addresses that are being edited: a field each, and what is wrong with them. `added` is the index of a new one."""

    uris: Sequence[str]
    errors: Sequence[FieldError] = ()
    added: int | None = None

    @property
    def general_errors(self) -> list[str]:
        return [error.detail for error in self.errors if error.pointer == "/redirect_uris"]

    def error_of(self, index: int) -> str:
        pointer = f"/redirect_uris/{index}"
        return next((error.detail for error in self.errors if error.pointer == pointer), "")

    @property
    def focused(self) -> int | None:
        """The field that the reader goes on with: the new one, or the first that is wrong."""
        if self.added is not None or not self.errors:
            return self.added
        return next((index for index in range(len(self.uris)) if self.error_of(index)), 0)


def submitted_uris(fields: Fields) -> list[str]:
    """The addresses in all fields, each once; several with commas or lines in one field are as many."""
    text = ",".join(fields.getlist("callbacks")).replace("\n", ",")
    return list(dict.fromkeys(uri for uri in (part.strip() for part in text.split(",")) if uri))
