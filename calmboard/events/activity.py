"""What happened in a project: written in the commit of the change itself."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from calmboard.access.access import Access
from calmboard.db import db
from calmboard.models import Activity


def record(
    access: Access,
    what: str,
    project_id: str,
    subject_id: str,
    *,
    board_id: str | None = None,
    task_id: str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Add a line such as `task.created` to the session; the caller commits. `changes` holds the new values."""
    credential = access.credential
    db.session.add(
        Activity(
            project_id=project_id,
            board_id=board_id,
            task_id=task_id,
            subject_id=subject_id,
            what=what,
            changes={name: _plain(value) for name, value in (changes or {}).items()},
            actor_id=access.user.id,
            source=access.source,
            credential_id=credential.id if credential else None,
            credential_name=credential.name if credential else None,
        )
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
