"""The form for a key, and what it leads to."""

from playwright.sync_api import Page, expect

from calmboard.access.credentials.key_life.changes import KeyEdit, edit_key
from calmboard.access.credentials.key_life.rotation import replace_key
from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import revoke_key
from calmboard.access.request_log.writer import REQUEST_LOG
from calmboard.pagination import PageRequest
from tests.support.states.readers import add_keys, at_the_limit
from tests.support.states.state import State, at
from tests.support.users import SESSION_COOKIE, Api, TestUser

_KEYS = "/integrations/keys"
_FORM = f"{_KEYS}/new"


def _with_errors(page: Page, _reader: TestUser) -> None:
    page.goto(_FORM)
    page.get_by_text("Until a date").click()
    page.get_by_text("Only these").click()
    page.get_by_role("button", name="Create key").click()
    expect(page.locator("#form-errors")).to_be_focused()


def _own_rights_kept(page: Page, _reader: TestUser) -> None:
    page.goto(f"{_FORM}?integration=jira")
    page.get_by_role("radio", name="Comments: write").check()
    page.locator("label", has_text="Slack").click()
    expect(page.locator("#rights")).to_contain_text("Your own choice of rights was kept.")


def _kept_form(page: Page, reader: TestUser) -> None:
    page.goto(f"{_FORM}?integration=workflow")
    page.context.clear_cookies(name=SESSION_COOKIE)
    page.get_by_role("button", name="Create key").last.click()
    page.get_by_label("E-mail").fill(reader.email)
    page.get_by_label("Password", exact=True).fill(reader.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("Your session had ended")


def _created(page: Page, _reader: TestUser, query: str = "") -> None:
    page.goto(f"{_FORM}?integration=slack&name=Stand-up{query}")
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")


def _not_stored(page: Page, reader: TestUser) -> None:
    _created(page, reader)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#stored-error")).to_be_visible()


def _refused_first_request(page: Page, reader: TestUser) -> None:
    _created(page, reader, "&scopes=projects:read")
    Api(reader.app, page.locator("#secret").text_content()).get("/boards/brd_01m86ffkj1eyt9k86t46h61k8b/tasks")
    page.get_by_role("button", name="Hide").click()
    expect(page.locator("#first-use")).to_contain_text("Heard it, and refused it.")


def _heard(page: Page, reader: TestUser) -> None:
    _created(page, reader)
    Api(reader.app, page.locator("#secret").text_content()).get("/me")
    expect(page.locator("#first-use")).to_contain_text("Heard it.")


def _waiting_without_session(page: Page, reader: TestUser) -> None:
    _created(page, reader)
    page.context.clear_cookies(name=SESSION_COOKIE)
    expect(page.locator("#first-use")).to_contain_text("Your session ended.")


def _shown_already(page: Page, reader: TestUser) -> None:
    _created(page, reader)
    page.reload()


def _replacing(page: Page, reader: TestUser) -> None:
    _shown_already(page, reader)
    page.get_by_role("link", name="Replace it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Replace “Stand-up”?")


def _copied(page: Page, reader: TestUser) -> None:
    page.goto(f"{_FORM}?replaces={_key_id(reader)}")


def _replaced(page: Page, reader: TestUser) -> None:
    """The page of the old key, which works still."""
    key_id = _key_id(reader)
    with reader.app.app_context():
        replace_key(reader.access, key_id, "24h")
    page.goto(f"{_KEYS}/{key_id}")


def _replaced_in_the_list(page: Page, reader: TestUser) -> None:
    _replaced(page, reader)
    page.goto(_KEYS)


def _replace_dialog(page: Page, reader: TestUser) -> None:
    page.goto(f"{_KEYS}/{_key_id(reader)}")
    page.get_by_role("link", name="Replace…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _key_page(page: Page, reader: TestUser) -> None:
    page.goto(f"{_KEYS}/{_key_id(reader)}")


def _used_key_page(page: Page, reader: TestUser) -> None:
    api = Api(reader.app, reader.new_key("مرآة السباق " + "long name " * 5, "projects:read"))
    for path in ("/projects", "/projects", "/keys"):
        api.get(path)
    with reader.app.app_context():
        REQUEST_LOG.get().flush()
        [key] = [key for key in list_keys(reader.access, PageRequest()).rows if key.name.startswith("مرآة")]
        edit_key(reader.access, key.id, KeyEdit(note="In the vault of the team.\nAsk Ana.", networks=("127.0.0.1",)))
    page.goto(f"{_KEYS}/{key.id}")


def _edit(page: Page, reader: TestUser) -> None:
    page.goto(f"{_KEYS}/{_key_id(reader)}/edit")


def _edit_refused(page: Page, reader: TestUser) -> None:
    _edit(page, reader)
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_label("Networks", exact=True).fill("somewhere")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("#form-errors")).to_be_focused()


def _edit_warned(page: Page, reader: TestUser) -> None:
    _edit(page, reader)
    page.get_by_label("Networks", exact=True).fill("203.0.113.0/24")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_label("Shut them out")).to_be_visible()


def _key_id(reader: TestUser) -> str:
    """Of a key that is made first where there is none."""
    with reader.app.app_context():
        rows = list_keys(reader.access, PageRequest()).rows
    return rows[-1].id if rows else add_keys(reader, [("Sprint mirror", "jira", 90)])[0]


def _revoked_already(page: Page, reader: TestUser) -> None:
    _created(page, reader)
    with reader.app.app_context():
        [key] = list_keys(reader.access, PageRequest()).rows
        revoke_key(reader.access, key.id)
    page.goto(f"/integrations/keys/{key.id}/revoke")


KEYS = (
    State("key form", at(_FORM)),
    State("key form for a tool", at(f"{_FORM}?integration=jira&name=Sprint+mirror")),
    State("key form, a link that asks for what cannot be", at(f"{_FORM}?integration=fax&expires=abc&scopes=moon:read")),
    State("key form, a link with 45 days", at(f"{_FORM}?integration=jira&expires=45")),
    State("key form with errors", _with_errors),
    State("key form, own rights kept", _own_rights_kept),
    State("key form at the limit", at(_FORM), at_the_limit),
    State("key form that outlived its session", _kept_form),
    State("the question before replacing", _replacing),
    State("key form with the settings of another", _copied),
    State("the page of a key", _key_page),
    State("the page of a key that was used", _used_key_page),
    State("the page of a replaced key", _replaced),
    State("the list with a replaced key", _replaced_in_the_list),
    State("the dialog before replacing", _replace_dialog),
    State("the form that edits a key", _edit),
    State("the form that edits a key, with errors", _edit_refused),
    State("the form that edits a key, with a warning", _edit_warned),
    State("key form without script", at(f"{_FORM}?integration=jira&scopes=tasks:read"), has_script=False),
    State("created key", _created),
    State("created key, not put away", _not_stored),
    State("created key, its first request heard", _heard),
    State("created key, its first request refused", _refused_first_request),
    State("created key, its session ended", _waiting_without_session),
    State("created key without script", _created, has_script=False),
    State("key that was shown once", _shown_already),
    State("key that is revoked already", _revoked_already),
)
