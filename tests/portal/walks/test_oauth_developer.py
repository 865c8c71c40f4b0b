"""Somebody who builds an application lets it in by the consent page: with hundreds of projects, and after the session ended."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from calmboard.access.credentials.sessions import end_all_sessions
from calmboard.db import db
from calmboard.models import OAuthGrant
from calmboard.work.project_choice import project_names
from tests.support.choosing import add_projects
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

pytestmark = pytest.mark.database("sqlite")


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def page(page_for: Pages, person: TestUser) -> Page:
    """The consent page for their own client."""
    add_projects(person.app, person, [f"Harbour {number:03}" for number in range(320)])
    page = page_for(person)
    page.goto("/integrations#oauth-steps")
    page.get_by_role("button", name="Try it here").click()
    return page


def test_projects_are_found_among_hundreds_with_deny_and_allow_in_view(page: Page, person: TestUser) -> None:
    page.get_by_text("Only these").click()
    expect(page.get_by_text("0 of at most 100 chosen.").first).to_be_visible()
    for name in ("Harbour 311", "Harbour 007"):
        page.get_by_role("searchbox", name="Find a project").fill(name)
        page.locator("#project-found").get_by_label(name).check()
    expect(page.get_by_text("2 of at most 100 chosen.").first).to_be_visible()
    page.get_by_role("group", name="Chosen projects").get_by_label("Harbour 311").uncheck()
    for name in ("Deny", "Allow"):
        expect(page.get_by_role("button", name=name).last).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Allow").click()
    expect(page).to_have_url(re.compile(r"/oauth/callback\?code="))
    with person.app.app_context():
        granted = select(OAuthGrant.project_ids).where(OAuthGrant.user_id == person.person.id)
        chosen = [list(project_names(person.access, ids or ()).values()) for ids in db.session.execute(granted).scalars()]
        assert chosen == [["Harbour 007"]]


def test_a_decision_after_the_session_ended_leads_back_to_the_same_request(page: Page, person: TestUser) -> None:
    with person.app.app_context():
        end_all_sessions(person.access, person.person.id)
    page.get_by_role("button", name="Allow").click()
    _sign_in(page, person)
    expect(page.get_by_role("button", name="Allow")).to_be_visible()
    page.get_by_role("button", name="Allow").click()
    expect(page).to_have_url(re.compile(r"/oauth/callback\?code="))


def test_a_form_of_an_older_session_comes_back_filled(page: Page, person: TestUser) -> None:
    page.get_by_text("Only these").click()
    page.get_by_label("Harbour 003").check()
    with person.app.app_context():
        end_all_sessions(person.access, person.person.id)
    tab = page.context.new_page()
    tab.goto("/sign-in")
    _sign_in(tab, person)
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("Look it through and send it again.")).to_be_visible()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_role("group", name="Chosen projects").get_by_label("Harbour 003")).to_be_checked()
    page.get_by_role("button", name="Allow").click()
    expect(page).to_have_url(re.compile(r"/oauth/callback\?code="))


def _sign_in(page: Page, person: TestUser) -> None:
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Password", exact=True)).to_have_count(0)
