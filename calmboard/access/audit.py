"""The audit log: each change of who may do what, written in the commit of the change itself."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from calmboard.access.access import Access
from calmboard.db import db
from calmboard.extensions import Extension
from calmboard.ids import new_id
from calmboard.models import AuditEntry

# Who acts where nobody is signed in: the operator by a command, an application at the OAuth endpoints, whoever opened a
# mailed link, or the product by itself.
Actor = Access | Literal["operator", "client", "link", "system"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What was changed, and whose audit log that belongs to: the person's whose rights changed, the project's, or both."""

    kind: str
    id: str
    user_id: str | None = None
    project_id: str | None = None


# Who hears of each entry before it is committed, such as those that mail it.
AUDIT_LISTENERS: Extension[tuple[Callable[[AuditEntry], None], ...]] = Extension("audit_listeners", ())


def record_audit(actor: Actor, action: str, subject: Subject, details: Mapping[str, Any] | None = None) -> None:
    """Add an entry such as `key.created` to the session; the caller commits.

    Call it where something did change. `details` tell what, and hold no secret: nobody can take it out again.
    """
    values = {f"subject_{name}" if name in ("kind", "id") else name: value for name, value in asdict(subject).items()}
    shown = {name: _json_value(value) for name, value in (details or {}).items()}
    entry = AuditEntry(id=new_id("aud"), action=action, **values, **_actor_columns(actor), details=shown)
    db.session.add(entry)
    for listen in AUDIT_LISTENERS.get():
        listen(entry)


def _actor_columns(actor: Actor) -> dict[str, str | None]:
    """The names are those of this moment."""
    if not isinstance(actor, Access):
        return {"source": actor}
    credential = actor.credential
    return {
        "source": actor.source,
        "actor_id": actor.user.id,
        "actor_name": actor.user.name,
        "credential_id": credential.id if credential else None,
        "credential_name": credential.name if credential else None,
    }


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _json_value(each) for name, each in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value
