"""The worker's jobs: those that requests enqueue, those of every hour and those of every day."""

import logging
import threading
import time
from contextlib import suppress

from flask import Flask
from huey import crontab
from sqlalchemy.exc import SQLAlchemyError

from calmboard.access.credentials.passkeys.challenges import delete_expired_challenges
from calmboard.access.credentials.sessions import delete_expired_sessions
from calmboard.access.credentials.waiting_secrets import delete_expired_secrets
from calmboard.access.idempotency import delete_expired_idempotency_keys
from calmboard.access.kept_forms import delete_expired_forms
from calmboard.access.oauth.clients import delete_unused_clients
from calmboard.access.request_log.partitions import delete_old_calls, prepare_log_days
from calmboard.errors import Unavailable
from calmboard.events.key_notices import note_ending_keys, note_new_networks
from calmboard.events.outbox import delete_ended_messages
from calmboard.operations.checkpoints import is_logged, move_log
from calmboard.operations.mailing import send_next_message
from calmboard.operations.retention import (
    delete_dead_keys,
    delete_expired_tokens,
    delete_lapsed_invitations,
    delete_old_activities,
    delete_old_audit_entries,
    delete_old_networks,
    delete_unconfirmed_factors,
)
from calmboard.queue import beat, job, queue
from calmboard.settings import current_settings
from calmboard.work.account.ending import delete_left_accounts
from calmboard.work.discussion.attachments import delete_orphan_files
from calmboard.work.text_index.filling import index_waiting_texts, merge_index, renew_sparse_index

_HEARTBEAT_S = 10
_SHUTDOWN_TIMEOUT_S = 8
_CHECKPOINT_INTERVAL_S = 1
_MAILERS, _LOOK_INTERVAL_S = 2, 3
_INDEX_INTERVAL_S = 5
_is_woken, _is_over = threading.Event(), threading.Event()


def run_jobs(app: Flask) -> None:
    """Run jobs, and send messages, until SIGTERM, which lets those under way finish, for eight seconds at most."""
    queue.app = app
    with app.app_context():
        prepare_log_days()
    threading.Thread(target=_beat_over_and_over, name="heartbeat", daemon=True).start()
    threading.Thread(target=_keep_log_short, args=(app,), name="checkpoints", daemon=True).start()
    mailers = [threading.Thread(target=_send_messages, args=(app,), daemon=True) for _ in range(_MAILERS)]
    for thread in (*mailers, threading.Thread(target=_index_texts, args=(app,), daemon=True)):
        thread.start()
    # A store that cannot wake the worker is polled once a second at least.
    queue.create_consumer(workers=2, max_delay=1.0, graceful_signal="TERM", shutdown_timeout=_SHUTDOWN_TIMEOUT_S).run()
    _is_over.set()
    _is_woken.set()
    for mailer in mailers:
        mailer.join(_SHUTDOWN_TIMEOUT_S / _MAILERS)


def _beat_over_and_over() -> None:
    while True:
        with suppress(Unavailable):  # the queue says so itself
            beat()
        time.sleep(_HEARTBEAT_S)


def _keep_log_short(app: Flask) -> None:
    with app.app_context():
        while is_logged() and not _is_over.wait(_CHECKPOINT_INTERVAL_S):
            move_log()


def wake_mailers() -> None:
    """Let the worker look for messages to send. Where the queue does not answer, it looks by itself some seconds later."""
    with suppress(Unavailable):
        _look_for_messages()


@job()
def _look_for_messages() -> None:
    _is_woken.set()


def _send_messages(app: Flask) -> None:
    """Also what nobody woke the worker for: what waits for another attempt, or was left by a worker that died."""
    while not _is_over.is_set():
        _is_woken.clear()
        try:
            with app.app_context():
                while not _is_over.is_set() and send_next_message():
                    pass
        except SQLAlchemyError:
            logging.getLogger(__name__).exception("No messages are sent while the database does not answer")
        _is_woken.wait(_LOOK_INTERVAL_S)


def _index_texts(app: Flask) -> None:
    """What was written since; until then whoever searches reads it as well."""
    while not _is_over.is_set():
        try:
            with app.app_context():
                index_waiting_texts()
        except SQLAlchemyError:
            logging.getLogger(__name__).exception("No texts are indexed while the database does not answer")
        _is_over.wait(_INDEX_INTERVAL_S)


def delete_orphan_attachments() -> None:
    """Delete the files of deleted tasks and of interrupted uploads."""
    settings = current_settings()
    delete_orphan_files(settings.files_dir)


queue.periodic_task(crontab(minute="*/5"))(delete_expired_secrets)
queue.periodic_task(crontab(minute="*/5"))(delete_expired_forms)
queue.periodic_task(crontab(minute="*/5"))(delete_expired_challenges)
queue.periodic_task(crontab(minute="3-59/10"))(note_ending_keys)
queue.periodic_task(crontab(minute="*/5"))(note_new_networks)
queue.periodic_task(crontab(minute="2-59/10"))(delete_left_accounts)
queue.periodic_task(crontab(minute="7"))(delete_expired_sessions)
queue.periodic_task(crontab(minute="9"))(delete_unconfirmed_factors)
queue.periodic_task(crontab(minute="17"))(delete_expired_tokens)
queue.periodic_task(crontab(minute="27"))(prepare_log_days)
queue.periodic_task(crontab(minute="47"))(delete_old_calls)
# What is younger than ten minutes may belong to an upload under way: so files are gone within an hour at the latest.
queue.periodic_task(crontab(minute="12,42"))(delete_orphan_attachments)
queue.periodic_task(crontab(hour="3", minute="22"))(delete_expired_idempotency_keys)
queue.periodic_task(crontab(hour="3", minute="32"))(delete_unused_clients)
queue.periodic_task(crontab(hour="3", minute="37"))(delete_old_audit_entries)
queue.periodic_task(crontab(hour="3", minute="42"))(delete_old_activities)
queue.periodic_task(crontab(hour="3", minute="47"))(delete_lapsed_invitations)
queue.periodic_task(crontab(hour="3", minute="52"))(delete_dead_keys)
queue.periodic_task(crontab(hour="3", minute="57"))(delete_ended_messages)
queue.periodic_task(crontab(hour="3", minute="57"))(delete_old_networks)
queue.periodic_task(crontab(hour="4", minute="2"))(renew_sparse_index)
queue.periodic_task(crontab(hour="4", minute="12"))(merge_index)
