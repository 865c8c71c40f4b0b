"""What the maker of an application sees of its use: numbers alone, of nobody's calls and nobody's data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from calmboard.access.access import Access
from calmboard.access.oauth.made_apps import count_people, read_app
from calmboard.access.request_log.usage import DAYS, Calls
from calmboard.access.request_log.writer import REQUEST_LOG
from calmboard.clock import now
from calmboard.db import autocommit
from calmboard.ids import first_id
from calmboard.models import LoggedCall, OAuthGrant, UsageDay

CODE_DAYS = 7
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class AppUse:
    """How many people an application acts for now, and its calls of thirty days; `codes` are the errors that it was answered
    with in seven, the most frequent first, of ten thousand at most.
    """

    people: int
    calls: Calls
    codes: Sequence[tuple[str, int]]


def read_use(access: Access, client_id: str) -> AppUse:
    """Raises as `read_app` does."""
    read_app(access, client_id)
    REQUEST_LOG.get().flush()
    grants = select(OAuthGrant.id).where(OAuthGrant.client_id == client_id)
    sums = (func.sum(each) for each in (UsageDay.answered, UsageDay.refused, UsageDay.limited, UsageDay.failed))
    days = UsageDay.day > (now() - timedelta(days=DAYS)).date()
    outcomes = select(*sums).where(UsageDay.credential_id.in_(grants), days)
    first = first_id("req", now() - timedelta(days=CODE_DAYS))
    refused = (LoggedCall.credential_id.in_(grants), LoggedCall.id >= first, LoggedCall.code.is_not(None))
    codes = select(LoggedCall.code).where(*refused).limit(MOST_COUNTED).subquery()
    number = func.count()
    by_code = select(codes.c.code, number).group_by(codes.c.code).order_by(number.desc(), codes.c.code)
    with autocommit() as connection:
        calls = Calls(*(int(each or 0) for each in connection.execute(outcomes).one()))
        found = [(row[0], row[1]) for row in connection.execute(by_code)]
    return AppUse(count_people([client_id]).get(client_id, 0), calls, found)
