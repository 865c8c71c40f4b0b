"""The worker's jobs: those that requests enqueue, those of every hour and those of every day."""

import time
from contextlib import suppress
from threading import Thread

from flask import Flask
from huey import crontab

from calmboard import mail
from calmboard.access.credentials.passwords import create_reset_token
from calmboard.access.credentials.sessions import delete_expired_sessions
from calmboard.access.idempotency import delete_expired_idempotency_keys
from calmboard.access.oauth.clients import delete_unused_clients
from calmboard.access.oauth.grants import delete_expired_tokens
from calmboard.access.permissions import with_article
from calmboard.errors import Unavailable
from calmboard.operations.retention import (
    delete_dead_keys,
    delete_lapsed_invitations,
    delete_old_activities,
    delete_old_audit_entries,
)
from calmboard.queue import beat, job, queue
from calmboard.settings import current_settings
from calmboard.work.discussion.attachments import delete_orphan_files
from calmboard.work.invitations import create_invitation_message

_HEARTBEAT_S = 10

_RESET_MESSAGE = """\
Hello {name},

somebody, most likely you, asked for a new password for your CalmBoard account. To choose one, open this link:

{link}

It works once, and for one hour from now. If you ask again, only the newest link works.

If it was not you, you need not do anything: your password stays as it is, and nobody but you has this link.

CalmBoard
{origin}
"""

_INVITATION_MESSAGE = """\
Hello,

{inviter} asks you to join the project “{project}” on CalmBoard, as {role}. To join, open this link:

{link}

It works once, and for seven days. If you have no account yet, the page behind it makes one.

If you do not know what this is about, you need not do anything.

CalmBoard
{origin}
"""


def run_jobs(app: Flask) -> None:
    """Run jobs until SIGTERM, which lets those under way finish, for eight seconds at most."""
    queue.app = app
    Thread(target=_beat_over_and_over, name="heartbeat", daemon=True).start()
    # A store that cannot wake the worker is polled once a second at least.
    queue.create_consumer(workers=2, max_delay=1.0, graceful_signal="TERM", shutdown_timeout=8).run()


def _beat_over_and_over() -> None:
    while True:
        with suppress(Unavailable):  # the queue says so itself
            beat()
        time.sleep(_HEARTBEAT_S)


@job(retries=5, retry_delay=10, retry_backoff=3)
def mail_reset_link(email: str) -> None:
    """Mail a link for a new password to whoever has this e-mail address; does nothing where nobody has.

    The token is created here, so that none is stored in the queue.
    """
    settings = current_settings()
    reset = create_reset_token(email)
    if reset is None:
        return
    person, token = reset
    link = f"{settings.origin}/reset-password/{token}"
    text = _RESET_MESSAGE.format(name=person.name, link=link, origin=settings.origin)
    mail.send(settings, person.email, "Choose a new CalmBoard password", text)


@job(retries=5, retry_delay=10, retry_backoff=3)
def mail_invitation(invitation_id: str) -> None:
    """Mail the link of an invitation; does nothing where it was withdrawn or accepted meanwhile.

    The token is created here, so that none is stored in the queue.
    """
    settings = current_settings()
    message = create_invitation_message(invitation_id)
    if message is None:
        return
    text = _INVITATION_MESSAGE.format(
        inviter=message.inviter,
        project=message.project_name,
        role=with_article(message.role),
        link=f"{settings.origin}/invitations/{message.token}",
        origin=settings.origin,
    )
    mail.send(settings, message.email, "An invitation to CalmBoard", text)


def delete_orphan_attachments() -> None:
    """Delete the files of deleted tasks and of interrupted uploads."""
    settings = current_settings()
    delete_orphan_files(settings.files_dir)


queue.periodic_task(crontab(minute="7"))(delete_expired_sessions)
queue.periodic_task(crontab(minute="17"))(delete_expired_tokens)
# What is younger than ten minutes may belong to an upload under way: so files are gone within an hour at the latest.
queue.periodic_task(crontab(minute="12,42"))(delete_orphan_attachments)
queue.periodic_task(crontab(hour="3", minute="22"))(delete_expired_idempotency_keys)
queue.periodic_task(crontab(hour="3", minute="32"))(delete_unused_clients)
queue.periodic_task(crontab(hour="3", minute="37"))(delete_old_audit_entries)
queue.periodic_task(crontab(hour="3", minute="42"))(delete_old_activities)
queue.periodic_task(crontab(hour="3", minute="47"))(delete_lapsed_invitations)
queue.periodic_task(crontab(hour="3", minute="52"))(delete_dead_keys)
