"""The time, asked in one place."""

from datetime import UTC, datetime


def now() -> datetime:
    """An aware datetime in UTC."""
    return datetime.now(UTC)
