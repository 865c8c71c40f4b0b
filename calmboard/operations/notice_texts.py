"""What the messages about credentials and the account say, read from what is there when they are sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from calmboard.clock import now
from calmboard.db import AnyRow, autocommit
from calmboard.events.outbox import Kind
from calmboard.models import ApiKey, AuditEntry, KeyNetwork, OAuthGrant
from calmboard.texts.names import one_line, quoted, without_links

_NOT_YOU = "Was it not you? Ask for a new password on the sign-in page: that signs out every browser and disconnects every app."
_KEY = "Was it not you? Revoke the key on that page, and change your password."
_FACTORS = {
    "passkey.added": ("A passkey was added", "Whoever holds it signs in with it, without the password."),
    "passkey.removed": ("A passkey was removed", "It signs nobody in any more."),
    "factor.added": ("A second factor was added", "Signing in asks for a code now, beside the password."),
    "factor.removed": ("The second factor was removed", "Signing in asks for the password alone now."),
    "factor.recovery_codes_created": ("New recovery codes were created", "The recovery codes from before do not work any more."),
}
_SOURCES = {"session": "You, in a browser", "operator": "An operator, by a command", "link": "By a link that was mailed to you"}
_MOST_NETWORKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`facts` are labels with their values; the link leads to the page at `path`; `remedy` is for whom it surprises."""

    subject: str
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    link_text: str
    path: str
    remedy: str


def read_notice(kind: Kind, subject_id: str) -> Notice | None:
    """What a message says; None where what it is about is gone, or over, so that nothing is left to say."""
    return _READERS[kind](subject_id)


def _key_created(entry_id: str) -> Notice | None:
    entry, key = _entry_and_key(entry_id)
    if key is None:
        return None
    return Notice(
        subject="A key was created",
        sentences=(f"A new API key acts for you from now on: {quoted(key.name)}.",),
        facts=(*_facts_of(key), ("Created by", _actor(entry)), ("Created", _time(entry.at))),
        **_leading_to_key(key.id),
        remedy=_KEY,
    )


def _key_replaced(entry_id: str) -> Notice | None:
    entry = _entry(entry_id)
    successor = _live_key(entry.details["successor_id"])
    if successor is None:
        return None
    return Notice(
        subject="A key was replaced",
        sentences=(f"The key {quoted(entry.details['name'])} has a successor, which works already.",),
        facts=(
            *_facts_of(successor),
            ("The old key ends", _time(datetime.fromisoformat(entry.details["ends_at"]))),
            ("Replaced by", _actor(entry)),
        ),
        **_leading_to_key(successor.id),
        remedy=_KEY,
    )


def _key_leaked(entry_id: str) -> Notice:
    entry = _entry(entry_id)
    return Notice(
        subject="A key was found in the open, and revoked",
        sentences=(
            f"Somebody found the secret of your key {quoted(entry.details['name'])} where others can read it, and reported it. "
            "It was revoked at once and never works again.",
            "Whatever used it needs a new key. Keep that one out of code, chats and logs.",
        ),
        facts=(*_finding_place(entry), ("Revoked", _time(entry.at))),
        link_text="Look at what it did",
        path=f"/integrations/keys/{entry.subject_id}",
        remedy="Calls that were not yours? That page lists the last ones with their networks, and leads to all in Activity.",
    )


def _app_leaked(entry_id: str) -> Notice:
    entry = _entry(entry_id)
    return Notice(
        subject="A token was found in the open, and an app disconnected",
        sentences=(
            f"Somebody found a token that you gave to {quoted(entry.details['client_name'] or 'an app')}, and reported it. "
            "The app was disconnected at once.",
            "To come back, it has to ask you again.",
        ),
        facts=(*_finding_place(entry), ("Disconnected", _time(entry.at))),
        link_text="Look at what it did",
        path="/integrations/activity",
        remedy="Calls that were not yours? That page lists each with its network.",
    )


def _session_leaked(entry_id: str) -> Notice:
    entry = _entry(entry_id)
    return Notice(
        subject="A session token was found in the open, and ended",
        sentences=(
            "Somebody found a token that acts for you, such as Postman uses, and reported it. It was ended at once.",
            "It would have ended within the hour by itself. Sign in again where you need another.",
        ),
        facts=(*_finding_place(entry), ("Ended", _time(entry.at))),
        link_text="Look at what was changed",
        path="/account/audit",
        remedy="Changes that were not yours? Change your password, which signs out every browser and program.",
    )


def _key_ends(what: str, key_id: str) -> Notice | None:
    key = _live_key(key_id)
    if key is None or key.expires_at is None or key.expires_at <= now():
        return None
    last_used = _time(key.last_used_at) if key.last_used_at else "Never"
    return Notice(
        subject=f"A key ends {what}",
        sentences=(f"Your key {quoted(key.name)} ends {what}. What still uses it then is refused.",),
        facts=(*_facts_of(key), ("Last used", last_used)),
        link_text="Replace it",
        path=f"/integrations/keys/{key.id}",
        remedy="Nothing uses it any more? Then you need not do anything: it ends by itself.",
    )


def _key_new_network(key_id: str) -> Notice | None:
    key = _live_key(key_id)
    networks = key and _new_networks(key)
    if key is None or not networks:
        return None
    return Notice(
        subject="A key was used from a new network",
        sentences=(f"Your key {quoted(key.name)} was used from a network that it had not been used from before.",),
        facts=(*_facts_of(key), *(("Network", f"{network}, since {_time(at)}") for network, at in networks)),
        **_leading_to_key(key.id),
        remedy="You do not know this network? Revoke the key on that page, or say there which networks may use it.",
    )


def _app_connected(entry_id: str) -> Notice | None:
    entry = _entry(entry_id)
    if not _is_live_grant(entry.subject_id):
        return None
    name = quoted(entry.details["client_name"] or "An app without a name")
    return Notice(
        subject="An app was connected",
        sentences=(f"{name} may act for you from now on, as you allowed.",),
        facts=(("Connected", _time(entry.at)),),
        link_text="Look at your apps",
        path="/integrations/apps",
        remedy="Was it not you? Disconnect it on that page, and change your password.",
    )


def _password_changed(entry_id: str) -> Notice:
    entry = _entry(entry_id)
    return Notice(
        subject="Your password was changed",
        sentences=("Every other browser is signed out, and every connected app disconnected. Your keys go on.",),
        facts=(("Changed by", _actor(entry)), ("Changed", _time(entry.at))),
        link_text="Look at your account",
        path="/account",
        remedy=_NOT_YOU,
    )


def _factor_changed(entry_id: str) -> Notice:
    entry = _entry(entry_id)
    subject, sentence = _FACTORS[entry.action]
    return Notice(
        subject=subject,
        sentences=(sentence,),
        facts=(("Changed by", _actor(entry)), ("Changed", _time(entry.at))),
        link_text="Look at your account",
        path="/account/security",
        remedy=_NOT_YOU,
    )


def _deletion_begun(entry_id: str) -> Notice:
    entry = _entry(entry_id)
    return Notice(
        subject="Your account is going to be deleted",
        sentences=(
            "Until then your keys are paused, every app is disconnected, and nobody can work as you. "
            "Sign in before, and you can keep the account with everything in it.",
        ),
        facts=(("Deleted", _time(datetime.fromisoformat(entry.details["deletes_at"]))), ("Begun by", _actor(entry))),
        link_text="Sign in to keep it",
        path="/sign-in",
        remedy="Was it not you? Sign in, keep the account, and change your password.",
    )


def _account_kept(entry_id: str) -> Notice:
    return Notice(
        subject="Your account is kept",
        sentences=("It is not deleted. Your keys work again; apps that were connected have to ask you again.",),
        facts=(("Kept", _time(_entry(entry_id).at)),),
        link_text="Look at your account",
        path="/account",
        remedy=_NOT_YOU,
    )


_READERS: Mapping[Kind, Callable[[str], Notice | None]] = {
    "key_created": _key_created,
    "key_replaced": _key_replaced,
    "key_leaked": _key_leaked,
    "key_ends_in_a_week": partial(_key_ends, "within seven days"),
    "key_ends_in_a_day": partial(_key_ends, "within a day"),
    "key_new_network": _key_new_network,
    "app_connected": _app_connected,
    "app_leaked": _app_leaked,
    "session_leaked": _session_leaked,
    "password_changed": _password_changed,
    "factor_changed": _factor_changed,
    "deletion_begun": _deletion_begun,
    "account_kept": _account_kept,
}


def _leading_to_key(key_id: str) -> dict[str, Any]:
    return {"link_text": "Look at the key", "path": f"/integrations/keys/{key_id}"}


def _facts_of(key: AnyRow) -> tuple[tuple[str, str], ...]:
    ends = "Never" if key.expires_at is None else _time(key.expires_at)
    return ("Key", f"{quoted(key.name)}, cbk_…{key.last4}"), ("Ends", ends)


def _finding_place(entry: AnyRow) -> tuple[tuple[str, str], ...]:
    """Where whoever found a secret says that it is; what they wrote is no link, whatever it looks like."""
    found_at = entry.details.get("found_at")
    return (("Found at (blanks keep it from being a link)", without_links(found_at)),) if found_at else ()


def _actor(entry: AnyRow) -> str:
    return _SOURCES.get(entry.source) or f"{one_line(entry.actor_name or 'CalmBoard')}"


def _time(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _entry(entry_id: str) -> AnyRow:
    """It was committed with the message, and stays longer."""
    with autocommit() as connection:
        return connection.execute(select(*AuditEntry.__table__.columns).where(AuditEntry.id == entry_id)).one()


def _live_key(key_id: str) -> AnyRow | None:
    with autocommit() as connection:
        return connection.execute(
            select(*ApiKey.__table__.columns).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        ).first()


def _entry_and_key(entry_id: str) -> tuple[AnyRow, AnyRow | None]:
    entry = _entry(entry_id)
    return entry, _live_key(entry.subject_id)


def _is_live_grant(grant_id: str) -> bool:
    with autocommit() as connection:
        live = select(OAuthGrant.id).where(OAuthGrant.id == grant_id, OAuthGrant.revoked_at.is_(None))
        return connection.execute(live).first() is not None


def _new_networks(key: AnyRow) -> list[tuple[str, datetime]]:
    """Those of the last day, the latest first, without those that the key was first used from."""
    statement = select(KeyNetwork.network, KeyNetwork.first_at).where(KeyNetwork.key_id == key.id)
    with autocommit() as connection:
        rows = connection.execute(statement.order_by(KeyNetwork.first_at)).all()
    new = [(row.network, row.first_at) for row in rows if row.first_at > rows[0].first_at]
    lately = [(network, at) for network, at in new if at > now() - timedelta(days=1)]
    return lately[::-1][:_MOST_NETWORKS]
