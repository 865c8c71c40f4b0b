"""Another e-mail address that somebody asked for, with the links that its messages hold."""

from sqlalchemy import select

from calmboard.db import db
from calmboard.models import EmailChange
from calmboard.work.account.email_change import begin_email_change, create_change_link
from tests.support.users import TestUser


def begin_change(person: TestUser, email: str) -> dict[str, str]:
    """Ask for another address; returns the tokens of the links by the side that they are mailed to."""
    with person.app.app_context():
        begin_email_change(person.access, email, person.password)
        return read_links(person)


def read_links(person: TestUser) -> dict[str, str]:
    """The links as they are mailed, in an app's context."""
    change_id = db.session.execute(select(EmailChange.id).where(EmailChange.user_id == person.person.id)).scalar_one()
    db.session.rollback()
    tokens = {}
    for side in ("old", "new"):
        link = create_change_link(change_id, side)
        assert link
        tokens[side] = link.token
    return tokens
