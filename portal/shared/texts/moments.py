"""Times that people enter, as their clock shows them."""

from datetime import UTC, datetime

from portal.shared.texts.zone import local, reader_zone

# Ids hold no time before 1970, and the last days of all have none in every zone.
_YEARS = range(1970, 9999)


def read_moment(text: str) -> datetime | None:
    """The moment of a field for date and time, in the reader's zone unless it names another; None where it is none."""
    try:
        at = datetime.fromisoformat(text)
        moment = (at if at.tzinfo else at.replace(tzinfo=reader_zone())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year in _YEARS else None


def field_moment(at: datetime | None) -> str:
    """The value of such a field."""
    return "" if at is None else f"{local(at):%Y-%m-%dT%H:%M}"
