"""The account, the sign-in, and the pages behind links in messages."""

from base64 import b32decode

from playwright.sync_api import Page, expect

from calmboard.access.credentials.totp import STEP_S, code_at
from calmboard.clock import now
from calmboard.events.stopped_addresses import create_stop_token
from calmboard.work.invitations import create_invitation_message
from tests.portal.account.addresses import begin_change
from tests.portal.account.factors import set_up
from tests.support.states.readers import with_keys
from tests.support.states.state import State, at
from tests.support.users import TestUser, add_project_and_board, add_user


def _password_errors(page: Page, _reader: TestUser) -> None:
    page.goto("/account/security")
    page.get_by_label("Current password", exact=True).fill("wrong")
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_role("button", name="Save password").click()
    expect(page.locator("#form-errors")).to_be_focused()


def _sign_out_dialog(page: Page, _reader: TestUser) -> None:
    page.goto("/account/sessions")
    page.get_by_role("link", name="Sign out everywhere…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _enrolment(page: Page, _reader: TestUser) -> None:
    page.goto("/account/security")
    page.get_by_role("button", name="Set up an authenticator app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an authenticator app")


def _enrolment_refused(page: Page, reader: TestUser) -> None:
    _enrolment(page, reader)
    _confirm(page, "000000", reader.password)
    expect(page.locator("#form-errors")).to_be_focused()


def _recovery_codes(page: Page, reader: TestUser) -> None:
    _enrolment(page, reader)
    secret = b32decode(page.locator("#secret").inner_text().replace(" ", ""))
    _confirm(page, code_at(secret, int(now().timestamp()) // STEP_S), reader.password)
    expect(page.get_by_role("heading", level=1)).to_have_text("Keep these recovery codes")


def _with_factor(page: Page, reader: TestUser) -> None:
    _recovery_codes(page, reader)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Ten recovery codes are left.")).to_be_visible()


def _email_waits(page: Page, reader: TestUser) -> None:
    page.goto("/account")
    page.get_by_label("New e-mail address").fill(f"new.{reader.email}")
    page.get_by_label("Your password", exact=True).fill(reader.password)
    page.get_by_role("button", name="Send both links").click()
    expect(page.get_by_role("button", name="Keep the present address")).to_be_visible()


def _email_errors(page: Page, reader: TestUser) -> None:
    page.goto("/account")
    page.get_by_label("New e-mail address").fill(reader.email)
    page.get_by_label("Your password", exact=True).fill("wrong")
    page.get_by_role("button", name="Send both links").click()
    expect(page.locator("#form-errors")).to_be_focused()


def _email_link(page: Page, reader: TestUser) -> None:
    page.goto(f"/change-address/{begin_change(reader, f'new.{reader.email}')['old']}")


def _email_agreed(page: Page, reader: TestUser) -> None:
    _email_link(page, reader)
    page.get_by_role("button", name="Agree").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This address has agreed")


def _deletion_errors(page: Page, _reader: TestUser) -> None:
    page.goto("/account/delete")
    page.get_by_label("Your e-mail address").fill("other@calmboard.test")
    page.get_by_label("Your password", exact=True).fill("wrong")
    page.get_by_role("button", name="Delete account in seven days").click()
    expect(page.locator("#form-errors")).to_be_focused()


def _deletion_blocked(page: Page, reader: TestUser) -> None:
    add_project_and_board(reader.app, reader, "Observatory", member=add_user(reader.app))
    page.goto("/account/delete")
    expect(page.get_by_role("button", name="Make them an owner")).to_be_visible()


def _leaving(page: Page, reader: TestUser) -> None:
    page.goto("/account/delete")
    page.get_by_label("Your e-mail address").fill(reader.email)
    page.get_by_label("Your password", exact=True).fill(reader.password)
    page.get_by_role("button", name="Delete account in seven days").click()
    expect(page.get_by_role("button", name="Keep my account")).to_be_visible()


def _code_page(page: Page, reader: TestUser) -> None:
    set_up(reader, reader.sign_in())
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(reader.email)
    page.get_by_label("Password", exact=True).fill(reader.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter your code")


def _confirm(page: Page, code: str, password: str) -> None:
    page.get_by_label("The code that the app shows now").fill(code)
    page.get_by_label("Your password", exact=True).fill(password)
    page.get_by_role("button", name="Turn on").click()


def _refused(page: Page, _reader: TestUser) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill("nobody@calmboard.test")
    page.get_by_label("Password", exact=True).fill("guess")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#refusal")).to_be_focused()


def _requested_a_link(page: Page, _reader: TestUser) -> None:
    page.goto("/forgot-password")
    page.get_by_label("E-mail").fill("nobody@calmboard.test")
    page.get_by_role("button", name="Send the link").click()


def _invitation(page: Page, reader: TestUser, email: str = "") -> None:
    owner = add_user(reader.app)
    project = add_project_and_board(reader.app, owner)
    path = f"/projects/{project.project_id}/invitations"
    invitation_id = owner.api.post(path, json={"email": email or f"new.{reader.email}", "role": "member"}).json["id"]
    with reader.app.app_context():
        message = create_invitation_message(invitation_id)
    assert message
    page.goto(f"/invitations/{message.token}")


def _own_invitation(page: Page, reader: TestUser) -> None:
    _invitation(page, reader, reader.email)


def _invitation_with_errors(page: Page, reader: TestUser) -> None:
    _invitation(page, reader)
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Make the account and join").click()
    expect(page.locator("#form-errors")).to_be_focused()


def _stop_link(page: Page, reader: TestUser) -> None:
    with reader.app.app_context():
        page.goto(f"/invitations/stop/{create_stop_token(f'stop.{reader.email}')}")


def _stopped(page: Page, reader: TestUser) -> None:
    _stop_link(page, reader)
    page.get_by_role("button", name="Stop all invitations").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No more invitations")


ACCOUNT = (
    State("account", at("/account")),
    State("account, another address waits", _email_waits),
    State("account, an address that cannot be", _email_errors),
    State("the link to another address", _email_link, is_signed_in=False),
    State("the link to another address, agreed", _email_agreed, is_signed_in=False),
    State("the link to another address, used up", at("/change-address/used-up"), is_signed_in=False),
    State("account, security", at("/account/security")),
    State("account, security with errors", _password_errors),
    State("account, sessions", at("/account/sessions")),
    State("downloading one's data", at("/account/export")),
    State("the question before deleting the account", at("/account/delete"), with_keys),
    State("the question before deleting the account, with errors", _deletion_errors),
    State("the question before deleting the account, without another owner", _deletion_blocked),
    State("an account in its last week", _leaving),
    State("setting up a second factor", _enrolment),
    State("setting up a second factor, refused", _enrolment_refused),
    State("recovery codes", _recovery_codes),
    State("account with a second factor", _with_factor),
    State("the question before turning the second factor off", at("/account/second-factor/remove")),
    State("adding a passkey", at("/account/passkeys")),
    State("adding a passkey, without script", at("/account/passkeys"), has_script=False),
    State("asked for a code again", at("/account/prove")),
    State("sign-in, the code", _code_page, is_signed_in=False),
    State("the question before signing out everywhere", _sign_out_dialog, with_keys),
    State("sign-in", at("/sign-in"), is_signed_in=False),
    State("sign-in on the way", at("/sign-in?next=/account"), is_signed_in=False),
    State("sign-in refused", _refused, is_signed_in=False),
    State("forgotten password", at("/forgot-password"), is_signed_in=False),
    State("forgotten password, requested", _requested_a_link, is_signed_in=False),
    State("a link that is used up", at("/reset-password/used-up"), is_signed_in=False),
    State("invitation to a newcomer", _invitation, is_signed_in=False),
    State("invitation with errors", _invitation_with_errors, is_signed_in=False),
    State("invitation to an account", _own_invitation, is_signed_in=False),
    State("invitation to the reader", _own_invitation),
    State("invitation to somebody else", _invitation),
    State("invitation that is used up", at("/invitations/used-up"), is_signed_in=False),
    State("the link that stops invitations", _stop_link, is_signed_in=False),
    State("invitations stopped", _stopped, is_signed_in=False),
    State("a stop link that is not whole", at("/invitations/stop/half"), is_signed_in=False),
)
