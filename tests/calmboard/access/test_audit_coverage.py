"""Whatever changes who may do what is in the audit log: read off the source, so that nothing new is forgotten."""

from pathlib import Path

import pytest

from tests.calmboard.access.untraced import untraced_functions

_ROOT = Path(__file__).parents[3]
_WORK = [_ROOT / f"calmboard/work/{name}.py" for name in ("invitations", "members", "people", "projects")]
_WORK += sorted((_ROOT / "calmboard/work/account").glob("*.py"))

# What writes, and changes nobody's rights or is recorded where they change.
_WITHOUT_TRACE = {
    "access/audit.py": {"record_audit": "it is the trace"},
    "access/credentials/devices.py": {"forget_devices": "part of signing out everywhere, which records itself"},
    "access/credentials/keys.py": {"record_key_use": "a use, not a change"},
    "access/credentials/passkeys/challenges.py": {
        "create_challenge": "what is to be signed gives no right",
        "take_challenge": "what it lets happen records itself",
        "delete_expired_challenges": "nobody can sign them any more",
    },
    "access/credentials/passkeys/using.py": {"use_passkey": "a use; the sign-in or proof that follows records itself"},
    "access/credentials/second_factor.py": {
        "new_codes": "part of a change of the factor, which records itself",
        "end_codes_without_factor": "part of a change of the factor, which records itself",
        "mark_proven": "part of a proof, which records itself",
    },
    "access/credentials/session_tokens.py": {"end_tokens_of": "part of a change of password, which records itself"},
    "access/credentials/sessions.py": {
        "find_session": "stamps when the browser was last seen",
        "delete_expired_sessions": "they could do nothing any more",
    },
    "access/credentials/waiting_secrets.py": {
        "keep_secret": "shows what was created, which records itself",
        "take_secret": "shows what was created, which records itself",
        "show_again": "shows what was created, which records itself",
        "delete_expired_secrets": "nothing shows them any more",
    },
    "access/request_log/partitions.py": {"delete_old_calls": "removes old calls"},
    "access/request_log/store.py": {"write_gap": "says what is missing in a log"},
    "access/idempotency.py": {
        "claim": "holds a request, and gives no right",
        "complete_on_commit": "marks a request as done",
        "store_response": "stores an answer",
        "release": "lets a request go",
        "delete_expired_idempotency_keys": "removes old answers",
    },
    "access/kept_forms.py": {
        "keep_form": "what somebody entered; nobody's rights",
        "take_form": "what somebody entered; nobody's rights",
        "delete_expired_forms": "what somebody entered; nobody's rights",
    },
    "access/oauth/client_metadata.py": {"find_document": "a copy of what the application publishes; consent gives the rights"},
    "access/oauth/clients.py": {
        "own_client": "everybody has one from the first sign-in; it can do nothing before a consent",
        "delete_unused_clients": "they hold no token that lives",
    },
    "access/oauth/grants.py": {
        "redeem": "the grant is recorded when it is given; a code that is used twice by end_grant",
        "refresh": "the same rights go on; a token that is used too late is recorded by end_grant",
        "record_grant_use": "a use, not a change",
    },
    "work/account/email_change.py": {"create_change_link": "the link of a change that is recorded when it is asked for"},
    "work/invitations.py": {"create_invitation_message": "the link of an invitation that is recorded when it is sent"},
    "work/members.py": {"take_out": "part of leaving, or of being removed, which record themselves"},
    "work/people.py": {
        "request_password_reset": "recorded when the link is made, if anybody has the address",
    },
    "work/projects.py": {"change_project": "name and description; nobody's rights"},
}


def test_every_function_that_changes_rights_is_in_the_audit_log() -> None:
    """Record it where it changes; where it changes nobody's rights, add it to the list above and say why."""
    sources = [*sorted((_ROOT / "calmboard/access").rglob("*.py")), *_WORK]
    untraced = {str(path.relative_to(_ROOT / "calmboard")): untraced_functions(path.read_text()) for path in sources}
    found = {path: sorted(names) for path, names in untraced.items() if names}
    assert found == {path: sorted(reasons) for path, reasons in _WITHOUT_TRACE.items()}


@pytest.mark.parametrize(
    "body",
    [
        "db.session.add(ApiKey())",
        "db.session.execute(update(ApiKey).values(scopes='all'))",
        "with autocommit() as connection:\n        connection.execute(delete(ApiKey))",
        "insert_if_absent(ApiKey, {})",
        "db.session.execute(db.update(ApiKey))",
        "db.session.execute(_WIDEN)",
        "_help()",
        "db.session.get(ApiKey, 1).scopes = 'all'\n    db.session.commit()",
        "traced()\n    _help()",
    ],
)
def test_a_change_without_a_trace_is_found(body: str) -> None:
    source = (
        "_WIDEN = update(ApiKey).values(scopes='all')\n"
        "def _help():\n    db.session.add(ApiKey())\n"
        "def traced():\n    _help()\n    record_audit('system', 'key.created', subject)\n"
        f"def widen():\n    {body}\n"
    )
    assert untraced_functions(source) == ["widen"]


def test_a_method_without_a_trace_is_found() -> None:
    source = "class Keys:\n    def widen(self):\n        self._write()\n    def _write(self):\n        db.session.add(ApiKey())\n"
    assert untraced_functions(source) == ["widen"]


@pytest.mark.parametrize(
    "body",
    [
        "db.session.add(ApiKey())\n    record_audit(access, 'key.created', subject)",
        "db.session.add(ApiKey())\n    _record()",
        "traced()\n    db.session.commit()",
        "db.session.execute(select(ApiKey).with_for_update())",
        "hashlib.sha256().update(b'')\n    names.add(1)",
    ],
)
def test_a_change_with_its_trace_and_a_look_are_fine(body: str) -> None:
    source = (
        "def _record():\n    record_audit('system', 'key.created', subject)\n"
        "def traced():\n    db.session.add(ApiKey())\n    _record()\n"
        f"def act():\n    {body}\n"
    )
    assert untraced_functions(source) == []
