"""What an operator asks first when something is wrong: whether each part answers, and what waits or was lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from calmboard import logs, queue
from calmboard.access.limits.rate_limits import LIMITS
from calmboard.clock import now
from calmboard.db import autocommit, db
from calmboard.engines.refusals import as_unavailable
from calmboard.errors import Problem, Unavailable
from calmboard.models import OutboxMessage
from calmboard.operations.write_probe import WriteProbe
from calmboard.settings import current_settings

_MIGRATIONS = str(Path(__file__).parents[2] / "migrations")
_RECENTLY = timedelta(days=1)
_WAITING = select(func.count(), func.min(OutboxMessage.created_at)).where(OutboxMessage.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one part."""

    part: str
    is_well: bool
    text: str


def examine() -> Iterator[Finding]:
    """Each part in turn; one that does not answer keeps none of the others from being looked at."""
    for part, look in _PARTS.items():
        try:
            yield Finding(part, is_well=True, text=look())
        except (Problem, SQLAlchemyError) as error:
            db.session.rollback()
            yield Finding(part, is_well=False, text=_sentence(error))


def _sentence(error: Problem | SQLAlchemyError) -> str:
    problem = error if isinstance(error, Problem) else as_unavailable(error)
    if problem is not None:
        return problem.detail
    first_line, *_ = str(getattr(error, "orig", error)).splitlines()
    return f"The database refuses: {first_line}"


def _look_at_tables() -> str:
    with autocommit() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        kind = connection.dialect.name
    newest = ScriptDirectory(_MIGRATIONS).get_current_head()
    if present != newest:
        raise Unavailable(f"The tables are those of {present}, and the code is of {newest}. Run `flask --app wsgi db upgrade`.")
    return f"{kind} answers, with the tables of {present}."


def _look_at_saving() -> str:
    WriteProbe().check()
    return "A row and a file can be saved."


def _look_at_limits() -> str:
    if not LIMITS.get().answers():
        raise Unavailable("The limiter's store does not answer, so the API answers 503.")
    return "The limiter's store answers."


def _look_at_worker() -> str:
    if not queue.is_worker_alive():
        raise Unavailable("No worker was heard of for a minute: e-mails wait. Start worker.py, or serve, which starts it.")
    return "A worker lives, and the queue answers."


def _look_at_mail() -> str:
    with autocommit() as connection:
        waiting, oldest = connection.execute(_WAITING).one()
    sends = "by SMTP" if current_settings().smtp_url else "as files, since CALMBOARD_SMTP_URL is not set"
    waits = f"{waiting} wait, the oldest for {int((now() - oldest).total_seconds() // 60)} minutes" if waiting else "none waits"
    return f"E-mails go out {sends}; {waits}."


def _look_at_log() -> str:
    lost = logs.read_lost_lines(current_settings().instance_dir)
    if lost.last_at is None:
        return "No line of the log was lost."
    sentence = f"{lost.count} lines of the log were lost so far, the last at {lost.last_at:%Y-%m-%d %H:%M:%S} UTC."
    if lost.last_at > now() - _RECENTLY:
        raise Unavailable(sentence)
    return sentence


_PARTS: dict[str, Callable[[], str]] = {
    "Database": _look_at_tables,
    "Saving": _look_at_saving,
    "Limits": _look_at_limits,
    "Worker": _look_at_worker,
    "Mail": _look_at_mail,
    "Log": _look_at_log,
}
