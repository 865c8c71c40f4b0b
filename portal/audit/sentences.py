"""The entries of the audit log in sentences: what was done, and by whom."""

from collections.abc import Mapping
from typing import Any

from calmboard.db import AnyRow
from portal.shared.texts.words import listed

_DONE = {
    "access_token.revoked": "An app gave a token back.",
    "account.created": "The account was made.",
    "account.deleted": "The account was deleted.",
    "account.deletion_begun": "The account was put down to be deleted in a week.",
    "account.email_change_begun": "Another e-mail address was asked for: {address}.",
    "account.email_change_stopped": "The change of the e-mail address was stopped.",
    "account.email_changed": "The e-mail address changed from {before} to {address}.",
    "account.exported": "Everything that the account holds was downloaded.",
    "account.kept": "The account was kept.",
    "account.mail_chosen": "Which e-mails are sent was chosen.",
    "account.renamed": "The name was changed.",
    "client.changed": "App “{name}” was changed.",
    "client.created": "App “{name}” was made.",
    "client.disabled": "App “{name}” was disabled.",
    "client.enabled": "App “{name}” was enabled again.",
    "client.maintainers_changed": "Who keeps app “{name}” was changed.",
    "client.verified": "App “{name}” was verified.",
    "client.unverified": "App “{name}” is verified no more.",
    "client.deleted": "App “{name}” was deleted.",
    "client.registered": "App “{name}” registered itself.",
    "credential.cut_off": "A key or app was cut off from a project.",
    "credential.let_in": "A key or app may reach a project again.",
    "factor.added": "A second factor was turned on.",
    "factor.begun": "Somebody began to set up a second factor. It is on once a code of it was entered.",
    "factor.recovery_code_used": "A recovery code was used.",
    "factor.recovery_codes_created": "New recovery codes were made.",
    "factor.removed": "The second factor was turned off.",
    "grant.created": "App “{client_name}” was connected.",
    "grant.ended": "App “{client_name}” was disconnected{reason}.",
    "invitation.accepted": "An invitation was accepted.",
    "invitation.sent": "{address} was invited as {role}.",
    "invitation.withdrawn": "The invitation of {address} was withdrawn.",
    "key.changed": "Key “{name}” was changed{fields}.",
    "key.created": "Key “{name}” was created.",
    "key.overlap_extended": "Replaced key “{name}” works for a while longer.",
    "key.paused": "Key “{name}” was paused.",
    "key.replaced": "Key “{name}” was replaced.",
    "key.resumed": "Key “{name}” was resumed.",
    "key.revoked": "Key “{name}” was revoked{reason}.",
    "member.changed": "{member} became {role}.",
    "member.invited": "{address} was invited.",
    "member.joined": "{member} joined.",
    "member.left": "{member} left the project.",
    "member.removed": "{member} was removed from the project.",
    "member.uninvited": "An invitation was withdrawn.",
    "passkey.added": "Passkey “{name}” was added.",
    "passkey.removed": "Passkey “{name}” was removed.",
    "password.changed": "The password was changed.",
    "password.reset": "The password was set again by a mailed link.",
    "password.reset_requested": "A link that sets the password again was asked for.",
    "plan.changed": "The plan changed from {before} to {plan}.",
    "project.changed": "The project was changed.",
    "project.created": "Project “{name}” was created.",
    "project.deleted": "Project “{name}” was deleted.",
    "session.ended": "A browser or program was signed out.",
    "session.ended_everywhere": "All browsers and programs were signed out.",
    "session.proven": "The second factor was proven again.",
    "session.opened": "A browser or program was signed in.",
    "session_token.created": "A session token was made.",
    "session_token.revoked": "A session token was ended{reason}.",
}
ACTIONS = frozenset(_DONE)
_REASONS = {
    "leaked": ": it had leaked",
    "replaced": ": another replaces it",
    "unused": ": nothing used it any more",
    "disconnected": "",
    "client_deleted": ": the app was deleted",
    "client_disabled": ": its maker disabled it",
}
_FIELDS = {
    "name": "name",
    "note": "note",
    "scopes": "rights",
    "project_ids": "projects",
    "expires_at": "end",
    "networks": "networks",
    "window_limit": "own window",
}
_SOURCES = {
    "operator": "Whoever runs CalmBoard",
    "client": "The app itself",
    "link": "Whoever opened a mailed link",
    "system": "CalmBoard",
}
SOURCES = {
    "session": "On a page",
    "key": "By a key",
    "token": "By an app",
    "operator": "By whoever runs CalmBoard",
    "client": "By the app itself",
    "link": "By a mailed link",
    "system": "By CalmBoard",
}
KINDS = {
    "key": "Keys",
    "grant": "Connected apps",
    "client": "Apps themselves",
    "session": "Sessions",
    "member": "Members",
    "passkey": "Passkeys",
    "invitation": "Invitations",
    "project": "Projects",
    "user": "The account",
}


def what_was_done(entry: AnyRow, members: Mapping[str, str]) -> str:
    """A sentence, also for an action that this list does not know."""
    pattern = _DONE.get(entry.action)
    if pattern is None:
        return f"{entry.action.replace('.', ': ').replace('_', ' ').capitalize()}."
    details = entry.details
    found = f" Found at {details['found_at']}." if details.get("found_at") else ""
    more = {"member": members.get(entry.subject_id, "A member"), "address": str(details.get("email", "Somebody"))}
    values = _Values(details, **more, reason=_reason(details), fields=_fields(details))
    return pattern.format_map(values) + found


def who_did_it(entry: AnyRow, reader_id: str) -> str:
    """“You”, “Ana Ruiz, by the key “Mirror””, “CalmBoard”."""
    if entry.source in _SOURCES:
        return _SOURCES[entry.source]
    name = "You" if entry.actor_id == reader_id else entry.actor_name or "Somebody"
    if entry.credential_id is None:
        return name
    kind = "key" if entry.source == "key" else "app"
    return f"{name}, by the {kind} “{entry.credential_name or entry.credential_id}”"


def _fields(details: Mapping[str, Any]) -> str:
    """“: name and note”."""
    after = details.get("after")
    changed = [label for name, label in _FIELDS.items() if isinstance(after, dict) and name in after]
    return f": {listed(changed)}" if changed else ""


def _reason(details: Mapping[str, Any]) -> str:
    return _REASONS.get(str(details.get("reason")), "")


class _Values(dict[str, Any]):
    """The details of an entry for a sentence; what an older entry lacks is a dash."""

    def __init__(self, details: Mapping[str, Any], **more: str) -> None:
        super().__init__({**details, **more})

    def __missing__(self, _name: str) -> str:
        return "–"
