"""Times that people enter, as their clock shows them."""

from datetime import UTC, datetime

from portal.shared.texts.zone import local, reader_zone


def read_moment(text: str) -> datetime | None:
    """The moment of a field for date and time, in the reader's zone unless it names another; None where it is none."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=reader_zone())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def field_moment(at: datetime | None) -> str:
    """The value of such a field."""
    return "" if at is None else f"{local(at):%Y-%m-%dT%H:%M}"
