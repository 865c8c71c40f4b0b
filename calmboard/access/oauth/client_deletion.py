"""Deleting a client: one that registered itself, or one that somebody made."""

from sqlalchemy import delete

from calmboard.access.audit import Actor, Subject, record_audit
from calmboard.access.oauth.clients import Client
from calmboard.access.oauth.grants import end_client_grants
from calmboard.db import db, retry_conflicts
from calmboard.models import OAuthClient


@retry_conflicts
def delete_client(actor: Actor, client: Client, maker_id: str | None = None) -> None:
    """Delete a client with all that was granted to it; who made it, if it did not register itself, has it in their log."""
    end_client_grants(actor, client.id, "client_deleted")
    deletion = delete(OAuthClient).where(OAuthClient.id == client.id).returning(OAuthClient.id)
    if db.session.execute(deletion).first() is not None:
        record_audit(actor, "client.deleted", Subject("client", client.id, maker_id), {"name": client.name})
    db.session.commit()
