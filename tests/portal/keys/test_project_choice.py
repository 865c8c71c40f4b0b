"""Choosing among many projects: on the form for a key, and on the consent page; a part at a time, and nothing chosen is lost."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import select

from calmboard.access.credentials.keys import MAX_PROJECTS
from calmboard.db import db
from calmboard.models import ApiKey, Membership, OAuthGrant, Project
from tests.oauth.conftest import HostApp, register
from tests.portal.forms import HTMX, key_form, send
from tests.support.clients.accessibility import find_violations
from tests.support.clients.browser import Pages
from tests.support.users import TestUser, csrf_token

_NEW, _MORE = "/integrations/keys/new", "/integrations/keys/projects"
_NOBODYS = "prj_00000000000000000000000000"
_BACK = "Back to the first projects"


@pytest.fixture
def project_ids(app: Flask, person: TestUser) -> list[str]:
    """The ids of 120 projects, oldest first, named so that they sort the other way round."""
    with app.app_context():
        projects = [Project(name=f"Lantern {120 - number:03}") for number in range(120)]
        db.session.add_all(projects)
        db.session.flush()
        found = [project.id for project in projects]
        rows = [Membership(user_id=person.person.id, project_id=project_id, role="owner") for project_id in found]
        db.session.add_all(rows)
        db.session.commit()
        return found


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def projects_in(page: str) -> dict[str, bool]:
    """The projects of a page in their order, and whether they are ticked."""
    found = re.findall(r'name="project(?:_ids)?" value="(prj_\w+)"([^>]*)>', page)
    return {project_id: " checked" in rest for project_id, rest in found}


def cursor_in(page: str) -> str | None:
    found = re.search(r'name="projects_after" value="([^"]+)"', page)
    return found[1] if found else None


def test_the_form_for_a_key_shows_a_hundred_projects_by_name(browser_of: FlaskClient, project_ids: list[str]) -> None:
    page = browser_of.get(_NEW).text
    assert list(projects_in(page)) == list(reversed(project_ids[:MAX_PROJECTS]))
    assert cursor_in(page) == project_ids[MAX_PROJECTS - 1]


def test_the_form_continues_behind_them_and_keeps_what_was_chosen(browser_of: FlaskClient, project_ids: list[str]) -> None:
    after = cursor_in(browser_of.get(_NEW).text)
    form = key_form("Lantern bot", reach="some", project_ids=project_ids[:2], projects_after=after)
    page = send(browser_of, _NEW, _MORE, **form)
    shown = projects_in(page.text)
    assert (page.status_code, set(shown)) == (200, {*project_ids[:2], *project_ids[MAX_PROJECTS:]})
    assert [project_id for project_id in shown if shown[project_id]] == list(reversed(project_ids[:2]))
    assert 'value="Lantern bot"' in page.text
    assert cursor_in(page.text) is None


def test_htmx_gets_the_next_projects_alone(browser_of: FlaskClient, project_ids: list[str]) -> None:
    first = browser_of.get(_NEW)
    chosen = [project_ids[0], project_ids[-1]]
    form = key_form("Lantern bot", csrf_token=csrf_token(first), projects_after=cursor_in(first.text), project_ids=chosen)
    part = browser_of.post(_MORE, data=form, headers=HTMX).text
    assert list(projects_in(part)) == list(reversed(project_ids[MAX_PROJECTS:-1]))
    assert (part.count("autofocus"), "<html" in part) == (1, False)
    assert '<hx-partial hx-target="#live">19 more projects shown.' in part


def test_a_key_is_made_for_projects_of_two_parts(app: Flask, browser_of: FlaskClient, project_ids: list[str]) -> None:
    chosen = [project_ids[0], project_ids[-1]]
    form = key_form("Lantern bot", reach="some", project_ids=chosen)
    assert send(browser_of, _NEW, "/integrations/keys", **form).status_code == 200
    with app.app_context():
        assert chosen in db.session.execute(select(ApiKey.project_ids)).scalars().all()


def test_the_form_leads_back_to_the_first_projects_and_keeps_what_was_chosen(
    browser_of: FlaskClient, project_ids: list[str]
) -> None:
    first = browser_of.get(_NEW).text
    chosen = project_ids[-2:]
    form = key_form("Lantern bot", reach="some", project_ids=chosen)
    second = send(browser_of, _NEW, _MORE, **form, projects_after=cursor_in(first)).text
    assert (_BACK in first, f'value="" formaction="{_MORE}#project_ids">{_BACK}<' in second) == (False, True)
    again = send(browser_of, _NEW, _MORE, **form, projects_after="").text
    assert list(projects_in(again)) == [*reversed(chosen), *projects_in(first)]
    assert (_BACK in again, cursor_in(again)) == (False, cursor_in(first))


@pytest.mark.parametrize("invalid", ["", "x" * 5000, _NOBODYS])
def test_what_is_no_project_of_the_reader_is_refused_by_the_form(
    browser_of: FlaskClient, project_ids: list[str], invalid: str
) -> None:
    form = key_form("Lantern bot", reach="some", project_ids=[project_ids[0], invalid], projects_after=invalid)
    refused = send(browser_of, _NEW, "/integrations/keys", **form)
    assert refused.status_code == 422
    assert "One of these projects is not yours any more." in refused.text
    assert send(browser_of, _NEW, _MORE, **form).status_code == 200


def test_too_many_projects_are_refused_and_not_cut_off(browser_of: FlaskClient, project_ids: list[str]) -> None:
    form = key_form("Lantern bot", reach="some", project_ids=project_ids)
    refused = send(browser_of, _NEW, "/integrations/keys", **form)
    assert refused.status_code == 422
    assert "Choose at most 100 projects" in refused.text


@pytest.fixture
def application(app: Flask, browser_of: FlaskClient) -> HostApp:
    body = register(app).get_json()
    return HostApp(app, browser_of, body["client_id"], body)


def next_projects(application: HostApp, page: Any, **chosen: Any) -> Any:
    """Ask the consent page for its next projects."""
    form = {**application.request(), "csrf_token": csrf_token(page), "projects_after": cursor_in(page.text), **chosen}
    return application.browser.post("/api/oauth/authorize", data=form)


def test_the_consent_page_continues_and_keeps_what_was_chosen(app: Flask, application: HostApp, project_ids: list[str]) -> None:
    first = application.open_consent()
    assert list(projects_in(first.text)) == list(reversed(project_ids[:MAX_PROJECTS]))
    page = next_projects(application, first, reach="some", project=project_ids[:2], right=[])
    shown = projects_in(page.text)
    assert (page.status_code, set(shown)) == (200, {*project_ids[:2], *project_ids[MAX_PROJECTS:]})
    assert {project_id for project_id in shown if shown[project_id]} == set(project_ids[:2])
    assert 'value="tasks:write">' in page.text
    chosen = [*project_ids[:2], project_ids[-1]]
    application.get_tokens({"reach": "some", "project": chosen})
    with app.app_context():
        granted = select(OAuthGrant.project_ids).where(OAuthGrant.client_id == application.client_id)
        assert db.session.execute(granted).scalars().all() == [sorted(chosen)]


def test_the_consent_page_leads_back_to_the_first_projects(application: HostApp, project_ids: list[str]) -> None:
    first = application.open_consent()
    second = next_projects(application, first, reach="some", project=project_ids[-1])
    assert (_BACK in first.text, f'value="" formaction="/api/oauth/authorize#reach">{_BACK}<' in second.text) == (False, True)
    again = next_projects(application, second, reach="some", project=project_ids[-1], projects_after="")
    assert list(projects_in(again.text)) == [project_ids[-1], *projects_in(first.text)]
    assert (projects_in(again.text)[project_ids[-1]], _BACK in again.text) == (True, False)


@pytest.mark.parametrize("invalid", ["", "\0", "x" * 5000, _NOBODYS])
def test_what_is_no_project_of_the_reader_is_not_granted(application: HostApp, project_ids: list[str], invalid: str) -> None:
    page = next_projects(application, application.open_consent(), reach="some", project=[invalid], projects_after=invalid)
    assert (page.status_code, any(projects_in(page.text).values())) == (200, False)
    choices = {"reach": "some", "project": [invalid, project_ids[0]]}
    api = application.api(application.get_tokens(choices)["access_token"])
    assert [project["id"] for project in api.get("/projects").json["data"]] == [project_ids[0]]


def test_a_grant_is_for_a_hundred_projects_at_most_or_for_all(application: HostApp, project_ids: list[str]) -> None:
    refused = application.decide(choices={"reach": "some", "project": project_ids})
    assert refused.status_code == 422
    assert "Tick at most 100 projects, or choose all that you can see." in refused.text
    assert [project_id for project_id, is_ticked in projects_in(refused.text).items() if is_ticked] == list(reversed(project_ids))


def test_enter_on_the_consent_page_denies_however_many_projects(
    app: Flask, page_for: Pages, person: TestUser, project_ids: list[str]
) -> None:
    callback = f"{page_for.url}/docs/errors"
    body = register(app, redirect_uris=[callback]).get_json()
    params = HostApp(app, app.test_client(), body["client_id"], body, callback).request(resource=str(page_for.url))
    page = page_for(person)
    page.goto(f"/api/oauth/authorize?{urlencode(params)}")
    expect(page.locator('[name="project"]')).to_have_count(MAX_PROJECTS)
    page.get_by_label("All you can see, now and later").press("Enter")
    expect(page).to_have_url(re.compile(r"/docs/errors\?error=access_denied&"))


def test_the_next_projects_are_opened_in_place(page_for: Pages, person: TestUser, project_ids: list[str]) -> None:
    page = page_for(person)
    page.goto(f"{_NEW}?integration=jira&name=Lantern+bot")
    page.get_by_text("Only these").click()
    page.get_by_label("Lantern 050").check()
    page.get_by_role("button", name="Show more projects").press("Enter")
    expect(page.get_by_label("Lantern 001")).to_be_focused()
    expect(page.locator("#live")).to_have_text("20 more projects shown.")
    expect(page.get_by_label("Lantern 050")).to_be_checked()
    page.get_by_label("Lantern 007").check()
    assert find_violations(page) == []
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")
