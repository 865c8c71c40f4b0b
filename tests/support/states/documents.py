"""What one reads to build with it: the reference, recipes, errors; and what an application asks."""

from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.support.states.state import State, at
from tests.support.users import TestUser


def _practice_board(page: Page, _reader: TestUser) -> None:
    page.goto("/docs/api/tasks")
    page.get_by_role("button", name="Make a practice board").click()
    expect(page.get_by_text("Practice board is ready")).to_be_visible()


def _consent(page: Page, reader: TestUser, **changes: str) -> None:
    page.goto("/sign-in")
    callback = page.url.replace("/integrations", "/docs/errors").replace("/sign-in", "/docs/errors")
    body = {"client_name": "Stand-up bot", "redirect_uris": [callback]}
    client = reader.app.test_client().post("/api/oauth/register", json=body).get_json()
    query = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": callback,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "resource": callback.removesuffix("/docs/errors"),
        "scope": "projects:read members:read tasks:write",
        **changes,
    }
    page.goto(f"/api/oauth/authorize?{urlencode(query)}")


def _consent_with_errors(page: Page, reader: TestUser) -> None:
    _consent(page, reader)
    page.get_by_label("Only these").check()
    page.get_by_role("button", name="Allow").click()
    expect(page.locator("#form-errors")).to_be_focused()


def _refused(page: Page, reader: TestUser) -> None:
    _consent(page, reader, response_mode="fragment")


def _stopped(page: Page, reader: TestUser) -> None:
    _consent(page, reader, redirect_uri="https://elsewhere.example/callback")


DOCUMENTS = (
    State("reference", at("/docs/api")),
    State("reference of tasks, with the offer of a practice board", at("/docs/api/tasks")),
    State("reference of tasks, on the practice board", _practice_board),
    State("reference of tasks without script", at("/docs/api/tasks"), has_script=False),
    State("reference for agents", at("/docs/mcp")),
    State("recipes", at("/docs/recipes")),
    State("recipe", at("/docs/recipes/jira")),
    State("leaked credentials", at("/docs/leaks"), is_signed_in=False),
    State("reference of errors", at("/docs/errors"), is_signed_in=False),
    State("a page that is not there", at("/nothing-here")),
    State("consent", _consent),
    State("consent with errors", _consent_with_errors),
    State("consent without script", _consent, has_script=False),
    State("consent that cannot be granted", _refused),
    State("consent that cannot go on", _stopped),
)
