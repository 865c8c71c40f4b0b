"""Choosing among many projects on the consent page: a search over all, the chosen ones on top, and Deny and Allow in view."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from calmboard.db import db
from calmboard.models import OAuthGrant
from calmboard.pagination import DEFAULT_LIMIT
from tests.oauth.conftest import HostApp, redirect_parameters, register
from tests.portal.forms import HTMX
from tests.support.choosing import add_lanterns, chosen_in, cursor_in, projects_in
from tests.support.clients.accessibility import find_violations
from tests.support.clients.browser import Pages
from tests.support.users import TestUser, csrf_token

_AUTHORIZE = "/api/oauth/authorize"
_NOBODYS = "prj_00000000000000000000000000"
_BACK = "Back to the first projects"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def project_ids(app: Flask, person: TestUser) -> list[str]:
    return add_lanterns(app, person)


@pytest.fixture
def application(host_app: Callable[..., HostApp], person: TestUser) -> HostApp:
    return host_app(person)


def send(application: HostApp, headers: Any = None, **chosen: Any) -> Any:
    """Send the consent page with these fields."""
    token = csrf_token(application.open_consent())
    return application.browser.post(_AUTHORIZE, data={**application.request(), "csrf_token": token, **chosen}, headers=headers)


def test_the_search_keeps_what_was_chosen_and_grants_nothing(app: Flask, application: HostApp, project_ids: list[str]) -> None:
    chosen = {"reach": "some", "project": [project_ids[110], project_ids[3]], "right": []}
    page = send(application, **chosen, projects_q="LANTERN 07", projects_find="")
    assert (page.status_code, _granted(application)) == (200, [])
    assert list(projects_in(page.text)) == [project_ids[3], project_ids[110], *project_ids[69:79]]
    assert "2 of at most 100 chosen." in page.text
    assert 'value="tasks:write">' in page.text
    application.get_tokens({**chosen, "project": [project_ids[3], project_ids[70]]})
    assert _granted(application) == [sorted([project_ids[3], project_ids[70]])]


def test_the_list_continues_and_leads_back(application: HostApp, project_ids: list[str]) -> None:
    first = application.open_consent().text
    assert list(projects_in(first)) == project_ids[:DEFAULT_LIMIT]
    chosen = {"reach": "some", "project": project_ids[-1:]}
    second = send(application, **chosen, projects_after=cursor_in(first)).text
    assert list(projects_in(second)) == [*project_ids[-1:], *project_ids[DEFAULT_LIMIT : 2 * DEFAULT_LIMIT]]
    assert f'value="" formaction="{_AUTHORIZE}#reach">{_BACK}<' in second
    again = send(application, **chosen, projects_after="").text
    assert list(projects_in(again)) == [*project_ids[-1:], *projects_in(first)]
    assert (chosen_in(again), _BACK in again) == (project_ids[-1:], False)


def test_enter_in_the_search_searches_and_enter_elsewhere_denies(application: HostApp, project_ids: list[str]) -> None:
    form = {"reach": "some", "by_enter": "", "projects_q": "077"}
    page = send(application, **form, projects_q_shown="")
    assert (page.status_code, list(projects_in(page.text))) == (200, project_ids[76:77])
    assert redirect_parameters(send(application, **form, projects_q_shown="077"))["error"] == "access_denied"


def test_htmx_gets_what_is_found_or_the_next_ones_alone(application: HostApp, project_ids: list[str]) -> None:
    found = send(application, HTMX, projects_q="Lantern 07", project=project_ids[70:71])
    assert list(projects_in(found.text)) == [project_ids[69], *project_ids[71:79]]
    assert ("<html" in found.text, "Nine projects found." in found.text) == (False, True)
    more = send(application, HTMX, projects_after=project_ids[99]).text
    assert list(projects_in(more)) == project_ids[100:]
    assert "20 more projects shown." in more


@pytest.mark.parametrize("client", [{}, {"client_id": "https://app.example/client.json"}], ids=["registered", "by its address"])
def test_htmx_leads_to_the_sign_in_after_the_session_ended(application: HostApp, client: dict[str, str | None]) -> None:
    form = {**application.request(**client), "projects_q": "Lantern"}
    answer = application.app.test_client().post(_AUTHORIZE, data=form, headers=HTMX)
    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["HX-Redirect"].startswith("/sign-in?next=/api/oauth/authorize?")


@pytest.mark.parametrize("hostile", ["", "\0", "x" * 5000, _NOBODYS])
def test_what_is_no_project_of_the_reader_is_taken_out_and_said(
    application: HostApp, project_ids: list[str], hostile: str
) -> None:
    page = send(application, reach="some", project=[hostile], projects_after=hostile, projects_q=hostile)
    assert (page.status_code, any(projects_in(page.text).values())) == (200, False)
    assert "One project that you had chosen is not yours any more, and was taken out." in page.text
    refused = application.decide(choices={"reach": "some", "project": [hostile, project_ids[0]]})
    assert (refused.status_code, chosen_in(refused.text), _granted(application)) == (422, project_ids[:1], [])
    assert "One of these projects is not yours any more, and was taken out." in refused.text
    application.get_tokens({"reach": "some", "project": project_ids[0]})
    assert _granted(application) == [project_ids[:1]]


def test_a_grant_is_for_a_hundred_projects_at_most_or_for_all(application: HostApp, project_ids: list[str]) -> None:
    refused = application.decide(choices={"reach": "some", "project": project_ids})
    assert refused.status_code == 422
    assert "Tick at most 100 projects, or choose all that you can see." in refused.text
    assert "120 of at most 100 chosen. Take out 20." in refused.text
    assert chosen_in(refused.text) == project_ids


def test_enter_on_the_consent_page_denies_however_many_projects(
    app: Flask, page_for: Pages, person: TestUser, project_ids: list[str]
) -> None:
    page = _open_consent(app, page_for, person)
    page.get_by_label("All you can see, now and later").press("Enter")
    expect(page).to_have_url(re.compile(r"/docs/errors\?error=access_denied&"))


@pytest.mark.parametrize("width", [1280, 360])
def test_projects_are_found_with_deny_and_allow_in_view(
    app: Flask, page_for: Pages, person: TestUser, project_ids: list[str], width: int
) -> None:
    page = _open_consent(app, page_for, person, width)
    page.get_by_text("Only these").click()
    page.get_by_role("searchbox", name="Find a project").fill("118")
    box = page.locator("#project-found").get_by_label("Lantern 118")
    expect(page.locator("#project-found").get_by_role("checkbox")).to_have_count(1)
    box.check()
    expect(page.get_by_text("1 of at most 100 chosen.").first).to_be_visible()
    page.get_by_role("searchbox", name="Find a project").fill("")
    box = page.locator("#project-found").get_by_label("Lantern 025")
    box.focus()
    for name in ("Deny", "Allow"):
        expect(page.get_by_role("button", name=name).last).to_be_in_viewport(ratio=1)
    edge, shown = page.locator(".consent-choice").bounding_box(), box.bounding_box()
    assert edge
    assert shown
    assert shown["y"] + shown["height"] <= edge["y"]
    assert find_violations(page) == []
    page.get_by_role("button", name="Allow").click()
    expect(page).to_have_url(re.compile(r"/docs/errors\?code="))
    with app.app_context():
        granted = select(OAuthGrant.project_ids).where(OAuthGrant.user_id == person.person.id)
        assert db.session.execute(granted).scalars().all() == [project_ids[117:118]]


def _open_consent(app: Flask, page_for: Pages, person: TestUser, width: int = 1280) -> Page:
    callback = f"{page_for.url}/docs/errors"
    body = register(app, redirect_uris=[callback]).get_json()
    params = HostApp(app, app.test_client(), body["client_id"], body, callback).request(resource=str(page_for.url))
    page = page_for(person, width=width)
    page.goto(f"{_AUTHORIZE}?{urlencode(params)}")
    return page


def _granted(application: HostApp) -> list[list[str] | None]:
    """The projects of each grant to the application."""
    with application.app.app_context():
        granted = select(OAuthGrant.project_ids).where(OAuthGrant.client_id == application.client_id)
        return list(db.session.execute(granted).scalars())
