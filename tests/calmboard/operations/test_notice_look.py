"""Messages as mail programs show them: in one column, in light and dark, down to 320 pixels."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Browser

from calmboard.access.credentials.key_life.leaks import end_leaked
from calmboard.events.notices import OPTIONAL, choose_notices
from calmboard.operations.mailing import send_next_message
from tests.calmboard.inbox import Inbox, running_inbox
from tests.support.clients.accessibility import Look, find_barriers
from tests.support.servers.databases import Databases
from tests.support.users import add_user

pytestmark = pytest.mark.database("sqlite")

_LOOKS: list[Look] = [("light", 320), ("light", 600), ("dark", 320), ("dark", 600)]
_LONG = "Nightly-report-of-all-boards-with-a-name-that-has-no-blank-and-never-seems-to-end"[:80]


@pytest.fixture
def inbox(make_app: Callable[..., Flask], database: Databases) -> Inbox:
    """A message that a key was created, and one that it leaked."""
    with running_inbox() as inbox:
        app = make_app(database_url=database.seeded(), smtp_url=f"smtp://127.0.0.1:{inbox.port}")
        reader = add_user(app)
        with app.app_context():
            choose_notices(reader.access, OPTIONAL)
        reader.new_key("Kept")
        secret = reader.new_key(_LONG)
        with app.app_context():
            send_next_message()
            send_next_message()
            end_leaked([secret])
            send_next_message()
    return inbox


def test_every_message_is_read_without_barriers_in_light_and_dark(browser: Browser, inbox: Inbox) -> None:
    assert len(inbox.messages) == 3
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        for message in inbox.messages:
            part = message.get_body(["html"])
            assert part
            page.set_content(part.get_content())
            assert find_barriers(page, _LOOKS) == {}
        assert requests == []
