"""Whoever's rights change hears of it by mail: once, of what is still there, and of what they want to hear."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select, update

from calmboard.access.credentials.key_life.leaks import end_leaked
from calmboard.access.credentials.key_life.rotation import extend_overlap, replace_key
from calmboard.access.credentials.key_life.trial_keys import create_trial_key
from calmboard.access.credentials.keys import NewKey, issue_key, revoke_key
from calmboard.access.credentials.passwords import change_password
from calmboard.access.credentials.session_tokens import open_token_session
from calmboard.access.request_log import REQUEST_LOG
from calmboard.clock import now
from calmboard.db import db
from calmboard.events.key_notices import note_ending_keys, note_new_networks
from calmboard.events.message_limits import MAILBOX_LIMIT
from calmboard.events.notices import OPTIONAL, choose_notices
from calmboard.models import ApiKey, KeyNetwork, OutboxMessage, User
from calmboard.operations.mailing import send_next_message
from calmboard.settings import SETTINGS
from calmboard.work.account.deletion import begin_deletion
from calmboard.work.account.ending import delete_left_accounts
from tests.api.mcp.tokens import Tokens
from tests.calmboard.inbox import Inbox, running_inbox
from tests.portal.apps.connected import connect
from tests.support.servers.databases import Databases
from tests.support.users import Api, TestUser, add_user

_DAY = timedelta(days=1)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with running_inbox() as inbox:
        yield inbox


@pytest.fixture
def mail_app(make_app: Callable[..., Flask], database: Databases, inbox: Inbox) -> Iterator[Flask]:
    """An app whose outbox no other test fills, with a mail server."""
    app = make_app(database_url=database.seeded(), smtp_url=f"smtp://127.0.0.1:{inbox.port}")
    yield app
    REQUEST_LOG.get(app).flush()  # its thread would open a connection after the app has closed all


@pytest.fixture
def reader(mail_app: Flask) -> TestUser:
    """Somebody who wants every message."""
    reader = add_user(mail_app)
    with mail_app.app_context():
        choose_notices(reader.access, OPTIONAL)
    return reader


def test_a_new_key_is_told_of_with_a_link_to_its_page(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    key_id = new_key(reader, "Jira mirror")
    send_all(mail_app)
    message = inbox.only
    assert (message["To"], message["Subject"]) == (reader.email, "A key was created")
    for text in (inbox.plain, inbox.html):
        assert "“Jira mirror”" in text
        assert f"/integrations/keys/{key_id}" in text


def test_of_a_deletion_one_hears_when_it_begins_and_when_it_is_done(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    with mail_app.app_context():
        begin_deletion(reader.access, reader.email, reader.password, "ses_none")
        send_next_message()
        assert inbox.only["Subject"] == "Your account is going to be deleted"
        assert "/sign-in" in inbox.plain
        db.session.execute(update(User).where(User.id == reader.person.id).values(deletes_at=now()))
        db.session.commit()
        delete_left_accounts()
    inbox.messages.clear()
    send_all(mail_app)
    assert (inbox.only["To"], inbox.only["Subject"]) == (reader.email, "Your account was deleted")


def test_of_a_replaced_key_one_message_tells(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    key_id = new_key(reader, "Jira mirror")
    send_all(mail_app)
    inbox.messages.clear()
    with mail_app.app_context():
        successor, secret = replace_key(reader.access, key_id, "24h")
    send_all(mail_app)
    assert inbox.only["Subject"] == "A key was replaced"
    assert f"/integrations/keys/{successor.id}" in inbox.plain
    assert secret not in inbox.plain + inbox.html


def test_the_key_for_trying_requests_is_no_news(mail_app: Flask, reader: TestUser) -> None:
    with mail_app.app_context():
        create_trial_key(reader.access, ["tasks:read"])
    assert kinds(mail_app) == []


def test_a_key_of_that_name_that_lasts_longer_is(mail_app: Flask, reader: TestUser) -> None:
    new_key(reader, "Try it, 10 minutes")
    assert kinds(mail_app) == ["key_created"]


def test_what_is_gone_when_it_is_sent_is_not_mailed(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    key_id = new_key(reader, "Gone")
    with mail_app.app_context():
        revoke_key(reader.access, key_id)
    send_all(mail_app)
    assert inbox.messages == []
    assert kinds(mail_app) == []


def test_a_leak_and_a_new_password_are_told_of(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    secret = reader.new_key("Leaked one")
    with mail_app.app_context():
        end_leaked([secret])
        change_password(reader.access, reader.password, "four unrelated words", "ses_none")
    send_all(mail_app)
    assert [message["Subject"] for message in inbox.messages if message["To"] == reader.email] == [
        "A key was found in the open, and revoked",
        "Your password was changed",
    ]


def test_who_gives_a_leak_as_the_reason_is_not_told_that_somebody_found_it(mail_app: Flask, reader: TestUser) -> None:
    key_id = new_key(reader, "Pasted into a chat")
    with mail_app.app_context():
        revoke_key(reader.access, key_id, "leaked")
    assert "key_leaked" not in kinds(mail_app)


def test_a_leak_says_where_to_look_and_makes_no_link_of_it(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    url = "https://evil.example/a?b=<b onclick=x>\r\nBcc: all@calmboard.test"
    with mail_app.app_context():
        session_token = open_token_session(reader.person, None, None)
        tokens = Tokens(mail_app).pair(reader, SETTINGS.get(mail_app).origin)
        leaked = [reader.new_key("Leaked one"), tokens.access_token, session_token]
        end_leaked(leaked, dict.fromkeys(leaked, url))
    send_all(mail_app)
    found = [message for message in inbox.messages if "in the open" in message["Subject"]]
    assert len(found) == 3
    for message in found:
        assert message["Bcc"] is None
        text, html = (part.get_content() for part in message.iter_parts())
        assert "https: //evil. example/a?b=<b onclick=x> Bcc: all@ calmboard. test" in text
        assert "://evil" not in text + html
        assert "<b onclick" not in html
    for message, path in zip(found, ("/integrations/keys/key_", "/integrations/activity", "/account/audit"), strict=True):
        assert path in str(message)


def test_a_connected_app_is_told_of_by_its_name(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    connect(mail_app, reader)
    send_all(mail_app)
    assert inbox.only["Subject"] == "An app was connected"
    assert "“Stand-up bot”" in inbox.plain


@pytest.mark.parametrize("name", ["A\r\nBcc: all@calmboard.test", "<b onclick=x>&", "\u202egnp.exe", "http://evil.example/a"])
def test_no_name_becomes_a_header_markup_or_a_link(mail_app: Flask, reader: TestUser, inbox: Inbox, name: str) -> None:
    new_key(reader, name)
    send_all(mail_app)
    message = inbox.only
    assert message["Bcc"] is None
    assert "<b onclick" not in inbox.html
    assert "\u202e" not in inbox.plain + inbox.html
    assert "://evil" not in inbox.plain + inbox.html


def test_links_lead_to_pages_and_nothing_is_loaded(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    new_key(reader, "Jira mirror")
    send_all(mail_app)
    assert not any(part in inbox.html for part in ("<img", "<script", "src=", "url(", "@import"))
    assert all("?" not in link and link.startswith("http://127.0.0.1:8000/") for link in re.findall('href="(.*?)"', inbox.html))


def test_what_somebody_turned_off_is_not_sent_to_them(mail_app: Flask, reader: TestUser) -> None:
    with mail_app.app_context():
        choose_notices(reader.access, ["key_replaced"])
    new_key(reader, "Quiet")
    assert kinds(mail_app) == []


def test_leaks_and_security_cannot_be_turned_off_nor_crowded_out(mail_app: Flask, reader: TestUser) -> None:
    secret = reader.new_key("Leaked one")
    with mail_app.app_context():
        choose_notices(reader.access, [])
        full = [{"kind": "invitation", "recipient": reader.email}] * MAILBOX_LIMIT.amount
        db.session.add_all([OutboxMessage(**values) for values in full])
        db.session.commit()
        end_leaked([secret])
        change_password(reader.access, reader.password, "four unrelated words", "ses_none")
    assert kinds(mail_app)[-2:] == ["key_leaked", "password_changed"]


def test_a_full_mailbox_gets_nothing_else(mail_app: Flask, reader: TestUser) -> None:
    for number in range(MAILBOX_LIMIT.amount + 5):
        new_key(reader, f"Nightly {number}")
    assert kinds(mail_app) == ["key_created"] * MAILBOX_LIMIT.amount


@pytest.mark.parametrize(("days", "subject"), [(6, "A key ends within seven days"), (0.5, "A key ends within a day")])
def test_a_key_that_ends_soon_is_told_of_once(mail_app: Flask, reader: TestUser, inbox: Inbox, days: float, subject: str) -> None:
    key_id = old_key(reader, ends_at=now() + days * _DAY)
    for _ in range(2):
        with mail_app.app_context():
            note_ending_keys()
    send_all(mail_app)
    assert inbox.only["Subject"] == subject
    assert f"/integrations/keys/{key_id}" in inbox.plain


def test_two_workers_tell_of_an_end_once(mail_app: Flask, reader: TestUser) -> None:
    for _ in range(5):
        old_key(reader, ends_at=now() + 3 * _DAY)
    barrier = Barrier(2)

    def work() -> None:
        with mail_app.app_context():
            barrier.wait()
            note_ending_keys()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert kinds(mail_app) == ["key_ends_in_a_week"] * 5


def test_another_end_is_told_of_again_and_a_far_one_is_not(mail_app: Flask, reader: TestUser) -> None:
    key_id = old_key(reader, ends_at=now() + 3 * _DAY)
    counts = []
    for days in (3, 30, 2):
        with mail_app.app_context():
            db.session.execute(update(ApiKey).where(ApiKey.id == key_id).values(expires_at=now() + days * _DAY))
            db.session.commit()
            note_ending_keys()
        counts.append(len(kinds(mail_app)))
    assert counts == [1, 1, 2]


def test_an_end_that_was_chosen_within_its_time_is_no_news(mail_app: Flask, reader: TestUser) -> None:
    new_key(reader, "For three days", ends_at=now() + 3 * _DAY)
    replaced = old_key(reader, ends_at=now() + 90 * _DAY)
    with mail_app.app_context():
        replace_key(reader.access, replaced, "24h")
        extend_overlap(reader.access, replaced)
        note_ending_keys()
    assert kinds(mail_app) == ["key_created", "key_replaced"]


def test_a_new_network_is_told_of_and_the_first_is_not_new(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    api = Api(mail_app, reader.new_key("Roaming"))
    send_all(mail_app)
    inbox.messages.clear()
    for ip in ("203.0.113.7", "203.0.113.200", "198.51.100.9", "2001:db8:1::5"):
        assert api.get("/me", environ_overrides={"REMOTE_ADDR": ip}).status_code == 200
        look_for_networks(mail_app)
    assert kinds(mail_app) == ["key_new_network"]
    send_all(mail_app)
    assert inbox.only["Subject"] == "A key was used from a new network"
    assert "198.51.100.0/24" in inbox.plain
    assert "203.0.113.0/24" not in inbox.plain


def test_on_the_next_day_another_network_is_told_of(mail_app: Flask, reader: TestUser) -> None:
    api = Api(mail_app, reader.new_key("Roaming"))
    for ip in ("203.0.113.7", "198.51.100.9"):
        api.get("/me", environ_overrides={"REMOTE_ADDR": ip})
    look_for_networks(mail_app)
    with mail_app.app_context():
        db.session.execute(update(ApiKey).values(network_notice_at=now() - _DAY))
        db.session.commit()
    api.get("/me", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    look_for_networks(mail_app)
    assert kinds(mail_app).count("key_new_network") == 2


def test_of_a_key_that_was_used_before_anybody_looked_no_network_is_new(mail_app: Flask, reader: TestUser, inbox: Inbox) -> None:
    """As after an upgrade; what comes later is."""
    secret = new_secret(reader, "On both build servers")
    with mail_app.app_context():
        db.session.execute(update(ApiKey).values(created_at=now() - _DAY))
        db.session.commit()
    for ip in ("203.0.113.7", "198.51.100.9"):
        Api(mail_app, secret).get("/me", environ_overrides={"REMOTE_ADDR": ip})
    look_for_networks(mail_app)
    assert kinds(mail_app) == ["key_created"]
    send_all(mail_app)
    inbox.messages.clear()
    Api(mail_app, secret).get("/me", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    look_for_networks(mail_app)
    send_all(mail_app)
    assert "192.0.2.0/24" in inbox.plain
    assert "203.0.113.0/24" not in inbox.plain
    assert "198.51.100.0/24" not in inbox.plain


def test_the_last_use_of_a_network_is_noted_to_the_day(mail_app: Flask, reader: TestUser) -> None:
    secret = new_secret(reader, "Build server")
    last_uses: list[datetime] = []
    for age in (timedelta(0), timedelta(hours=20), timedelta(hours=30)):
        with mail_app.app_context():
            db.session.execute(update(KeyNetwork).values(last_at=now() - age))
            db.session.commit()
        Api(mail_app, secret).get("/me", environ_overrides={"REMOTE_ADDR": "203.0.113.7"})
        look_for_networks(mail_app)
        with mail_app.app_context():
            last_uses.append(db.session.execute(select(KeyNetwork.last_at)).scalar_one())
    assert [now() - last_use > timedelta(hours=1) for last_use in last_uses] == [False, True, False]


def test_a_call_that_the_network_refused_did_not_use_the_key(mail_app: Flask, reader: TestUser) -> None:
    secret = new_secret(reader, "At home", networks=("203.0.113.0/24",))
    for ip in ("203.0.113.7", "198.51.100.9"):
        Api(mail_app, secret).get("/me", environ_overrides={"REMOTE_ADDR": ip})
    look_for_networks(mail_app)
    assert kinds(mail_app) == ["key_created"]


def look_for_networks(app: Flask) -> None:
    with app.app_context():
        REQUEST_LOG.get().flush()
        note_new_networks()


def new_secret(reader: TestUser, name: str, networks: tuple[str, ...] | None = None) -> str:
    with reader.app.app_context():
        new = NewKey(name, "workflow", frozenset({"tasks:read"}), networks=networks)
        secret = issue_key(reader.person.id, new, reader.access)[1]
        db.session.commit()
    return secret


def new_key(reader: TestUser, name: str, ends_at: datetime | None = None) -> str:
    with reader.app.app_context():
        new = NewKey(name, "workflow", frozenset({"tasks:read"}), expires_at=ends_at)
        key_id = issue_key(reader.person.id, new, reader.access)[0]
        db.session.commit()
    return key_id


def old_key(reader: TestUser, ends_at: datetime) -> str:
    """A key of a year ago, of which nobody hears any more that it was made."""
    with reader.app.app_context():
        values = {"integration": "workflow", "last4": "zzzz", "scopes": "tasks:read", "created_at": now() - 365 * _DAY}
        row = ApiKey(user_id=reader.person.id, name=f"Old {now()}", digest=str(now()).encode().ljust(32)[:32], **values)
        row.expires_at = ends_at
        db.session.add(row)
        db.session.commit()
        return row.id


def kinds(app: Flask) -> list[str]:
    """What waits to be sent."""
    with app.app_context():
        unsent = select(OutboxMessage.kind).where(OutboxMessage.ended_at.is_(None), OutboxMessage.kind != "invitation")
        return list(db.session.execute(unsent.order_by(OutboxMessage.id)).scalars())


def send_all(app: Flask) -> None:
    with app.app_context():
        while send_next_message():
            pass
