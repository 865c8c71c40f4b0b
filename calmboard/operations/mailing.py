"""The messages that the outbox holds: what each says, and how the worker sends them."""

import logging
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from calmboard import mail
from calmboard.access.credentials.passwords import create_reset_token
from calmboard.access.permissions import with_article
from calmboard.db import db
from calmboard.events.notices import ALWAYS, OPTIONAL
from calmboard.events.outbox import Kind, LeasedMessage, end_message, postpone_message, take_message
from calmboard.events.stopped_addresses import create_stop_token, is_stopped
from calmboard.leases import renewed
from calmboard.models import OutboxMessage
from calmboard.operations.notice_texts import read_notice
from calmboard.settings import current_settings
from calmboard.texts.names import one_line, quoted
from calmboard.work.account.email_change import ChangeLink, create_change_link
from calmboard.work.invitations import InvitationMessage, create_invitation_message
from calmboard.work.people import find_person, has_account

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

{inviter} asks you to join the project {project} on CalmBoard, as {role}. To join, open this link:

{link}

It works once, and for seven days. If you have no account yet, the page behind it makes one.

You do not know them? Do nothing, and nothing happens. To get no more invitations at this address, whoever sends them, open
this link and say so:

{stop_link}

CalmBoard
{origin}
"""

_DELETED_MESSAGE = """\
Hello,

your CalmBoard account was deleted, as it was asked for seven days ago. Its keys, apps and settings are gone. Tasks and comments
of yours in projects of others stay there, and say that somebody wrote them who left.

Nothing is left for you to do, and nothing brings the account back. With this address you can make a new one at any time, by an
invitation.

CalmBoard
{origin}
"""

_OLD_ADDRESS_MESSAGE = """\
Hello {name},

somebody, most likely you, wants your CalmBoard account to have the address {new} instead of this one. To agree, or to stop it,
open this link:

{link}

The address changes once both were agreed to: this link, and the one that was sent to the new address. Both work for a day.

If it was not you, open the link, stop the change, and set a new password: somebody knows the one that you have.

CalmBoard
{origin}
"""

_NEW_ADDRESS_MESSAGE = """\
Hello,

somebody wants this to be the e-mail address of their CalmBoard account. If it was you, open this link and agree:

{link}

The address changes once both were agreed to: this link, and the one that was sent to the present address. Both work for a day.

If it was not you, do nothing, and nothing happens; or open the link and stop it.

CalmBoard
{origin}
"""

_CHANGED_ADDRESS_MESSAGE = """\
Hello,

the e-mail address of a CalmBoard account was changed, as was agreed to from the old address and from the new one. {now}
Messages go to the new address. You stay signed in where you are; keys and connected apps go on.

CalmBoard
{origin}
"""

_ALWAYS_SENT = "You get this because it concerns the safety of your account."
_SENT_BY_CHOICE = "You get this because your account says so. You can turn it off there."

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[2] / "templates" / "mail"),
    autoescape=select_autoescape(["html"]),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def send_next_message() -> bool:
    """Send the message that is due, if there is one; returns whether there was. What cannot be sent is tried again later."""
    message = take_message()
    if message is None:
        return False
    try:
        # However long the mail server takes, nobody else sends the message meanwhile.
        with renewed(OutboxMessage, OutboxMessage.id == message.id):
            _SENDERS[message.kind](message)
    except Exception:  # whatever it was, the other messages do not wait for this one
        db.session.rollback()
        _postpone(message)
    else:
        end_message(message.id)
    return True


def _postpone(message: LeasedMessage) -> None:
    next_attempt_at = postpone_message(message)
    outcome = "was given up" if next_attempt_at is None else f"is tried again at {next_attempt_at:%H:%M:%S} UTC"
    logging.getLogger(__name__).exception("The message %s (%s) could not be sent and %s", message.id, message.kind, outcome)


def _mail_reset_link(message: LeasedMessage) -> None:
    """The token is created here, so that none is stored while the message waits."""
    settings = current_settings()
    reset = create_reset_token(message.recipient)
    if reset is None:
        return
    person, token = reset
    link = f"{settings.origin}/reset-password/{token}"
    text = _RESET_MESSAGE.format(name=one_line(person.name), link=link, origin=settings.origin)
    mail.send(settings, person.email, "Choose a new CalmBoard password", text)


def _mail_invitation(message: LeasedMessage) -> None:
    """Does nothing where it was withdrawn or accepted meanwhile, or the address wants no invitations."""
    settings = current_settings()
    invitation = None if is_stopped(message.recipient) else create_invitation_message(message.subject_id or "")
    if invitation is None:
        return
    stop_link = f"{settings.origin}/invitations/stop/{create_stop_token(invitation.email)}"
    text = _INVITATION_MESSAGE.format(
        inviter=_describe_inviter(invitation),
        project=quoted(invitation.project_name),
        role=with_article(invitation.role),
        link=f"{settings.origin}/invitations/{invitation.token}",
        stop_link=stop_link,
        origin=settings.origin,
    )
    # RFC 8058: mail programs show a button of their own, and send the form behind the link.
    headers = {"List-Unsubscribe": f"<{stop_link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    mail.send(settings, invitation.email, "An invitation to CalmBoard", text, headers)


def _describe_inviter(invitation: InvitationMessage) -> str:
    """The name is what they chose; the address is theirs."""
    if invitation.inviter is None or invitation.inviter_email is None:
        return "Somebody"
    return f"{quoted(invitation.inviter)} ({one_line(invitation.inviter_email)})"


def _mail_farewell(message: LeasedMessage) -> None:
    settings = current_settings()
    mail.send(settings, message.recipient, "Your account was deleted", _DELETED_MESSAGE.format(origin=settings.origin))


def _mail_old_address(message: LeasedMessage) -> None:
    """Does nothing where the change was stopped or done meanwhile, and so do the two that follow."""
    settings, link = current_settings(), create_change_link(message.subject_id or "", "old")
    if link is not None:
        text = _OLD_ADDRESS_MESSAGE.format(name=one_line(link.name), new=one_line(link.email), **_parts_of(link))
        mail.send(settings, message.recipient, "Another address for your account?", text)


def _mail_new_address(message: LeasedMessage) -> None:
    """Nor where somebody has the address: they would be bothered with what can never be."""
    settings, link = current_settings(), create_change_link(message.subject_id or "", "new")
    if link is not None and not link.is_taken:
        mail.send(settings, message.recipient, "Is this your address?", _NEW_ADDRESS_MESSAGE.format(**_parts_of(link)))


def _mail_changed_address(message: LeasedMessage) -> None:
    settings, is_present = current_settings(), has_account(message.recipient)
    sentence = "You sign in with {} from now on." if is_present else "{} is its address no more."
    text = _CHANGED_ADDRESS_MESSAGE.format(now=sentence.format(one_line(message.recipient)), origin=settings.origin)
    mail.send(settings, message.recipient, "The address of an account was changed", text)


def _parts_of(link: ChangeLink) -> dict[str, str]:
    origin = current_settings().origin
    return {"link": f"{origin}/change-address/{link.token}", "origin": origin}


def _mail_notice(message: LeasedMessage) -> None:
    """Does nothing where what it tells of is gone meanwhile."""
    settings, notice = current_settings(), read_notice(message.kind, message.subject_id or "")
    if notice is None:
        return
    values = {
        "notice": notice,
        "name": one_line(find_person(message.recipient).name),
        "link": settings.origin + notice.path,
        "account_link": f"{settings.origin}/account#mail",
        "origin": settings.origin,
        "why": _ALWAYS_SENT if message.kind in ALWAYS else _SENT_BY_CHOICE,
    }
    text, html = (_TEMPLATES.get_template(f"notice.{ending}").render(values) for ending in ("txt", "html"))
    mail.send(settings, message.recipient, notice.subject, text, html=html)


_SENDERS: dict[Kind, Callable[[LeasedMessage], None]] = {
    **dict.fromkeys((*OPTIONAL, *ALWAYS), _mail_notice),
    "password_reset": _mail_reset_link,
    "invitation": _mail_invitation,
    "account_deleted": _mail_farewell,
    "email_change_old": _mail_old_address,
    "email_change_new": _mail_new_address,
    "email_changed": _mail_changed_address,
}
