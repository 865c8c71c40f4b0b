"""A section of the Integrations & APIs page: what the page and its list of contents read of each."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from calmboard.access.access import Access

GROUPS = YOUR_ACCESS, BUILD_WITH_IT = ("Your access", "Build with it")


@dataclass(frozen=True, slots=True)
class Section(ABC):
    """`title` is its entry in the contents, in one of GROUPS; `count_id` is for a count that htmx replaces there. Sections
    stand on the page by their `order`; the steps between leave room.

    Its template gets it by the name `section`, and gives the element with the id `anchor`.
    """

    template: ClassVar[str]
    title: ClassVar[str]
    anchor: ClassVar[str]
    group: ClassVar[str]
    order: ClassVar[int]
    count_id: ClassVar[str] = ""

    @classmethod
    @abstractmethod
    def of(cls, access: Access) -> Self:
        """The section for a reader, with all that its template shows."""

    @property
    def count(self) -> int | None:
        """How many of its things there are; None where that says nothing."""
        return None
