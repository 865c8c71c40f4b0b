"""Finds what a change changes: sending the current values changes and records nothing."""

from collections.abc import Mapping
from typing import Any

from calmboard.db import AnyRow


def changed_values(row: AnyRow, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values, by column, that the row does not have yet."""
    return {name: value for name, value in values.items() if value != getattr(row, name)}
