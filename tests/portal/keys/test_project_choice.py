"""Choosing among many projects on the form for a key: one order, a search over all, the chosen ones on top and none lost."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from calmboard.access.credentials.keys import MAX_PROJECTS
from calmboard.db import db
from calmboard.models import ApiKey, Membership
from calmboard.pagination import DEFAULT_LIMIT
from calmboard.texts.folding import fold
from calmboard.work.project_choice import list_choices
from tests.portal.forms import HTMX, key_form, open_created, send
from tests.support.choosing import add_lanterns, add_projects, chosen_in, cursor_in, projects_in
from tests.support.clients.accessibility import find_violations
from tests.support.clients.browser import Pages
from tests.support.plans import plans_of
from tests.support.statements import recorded
from tests.support.users import TestUser, csrf_token

_NEW, _CREATE, _SEARCH = "/integrations/keys/new", "/integrations/keys", "/integrations/keys/projects"
_NOBODYS = "prj_00000000000000000000000000"
_BACK = "Back to the first projects"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def project_ids(app: Flask, person: TestUser) -> list[str]:
    return add_lanterns(app, person)


def test_all_projects_are_in_one_order_over_all_parts(app: Flask, browser_of: FlaskClient, person: TestUser) -> None:
    names = [f"{['Board', 'bOARD', 'boârd', 'zoo', 'Älster'][number % 5]} {number * 37 % 320:03}" for number in range(320)]
    ids = dict(zip(add_projects(app, person, names), names, strict=True))
    page = browser_of.get(_NEW)
    shown: list[str] = []
    while cursor := cursor_in(page.text):
        shown += projects_in(page.text)
        page = send(browser_of, _NEW, _SEARCH, **key_form("Bot", reach="some", projects_after=cursor))
    shown += projects_in(page.text)
    assert [ids[project_id] for project_id in shown] == sorted(names, key=fold)


def test_the_limit_is_said_before_anything_is_chosen(browser_of: FlaskClient, project_ids: list[str]) -> None:
    page = browser_of.get(_NEW).text
    assert "0 of at most 100 chosen." in page
    assert page.index("0 of at most 100 chosen.") < page.index(project_ids[0])
    assert list(projects_in(page)) == project_ids[:DEFAULT_LIMIT]


def test_few_projects_need_no_search(app: Flask, browser_of: FlaskClient, person: TestUser) -> None:
    add_projects(app, person, ["Website", "Payments"])
    page = browser_of.get(_NEW).text
    assert ("Find a project" in page, len(projects_in(page))) == (False, 2)


def test_the_search_finds_a_part_of_any_name_and_creates_nothing(app: Flask, browser_of: FlaskClient, person: TestUser) -> None:
    ids = add_projects(app, person, [f"Lantern {number:03}" for number in range(60)] + ["Größe 10%", "Grosses 10_"])
    form = key_form("Lantern bot", reach="some", project_ids=[ids[3], ids[60]], lifetime="365")
    page = send(browser_of, _NEW, _SEARCH, **form, projects_q=" GRÖSSE ").text
    assert (chosen_in(page), list(projects_in(page))) == ([ids[60], ids[3]], [ids[60], ids[3]])
    assert "No other project of yours has “GRÖSSE” in its name." in page
    page = send(browser_of, _NEW, _SEARCH, **form, projects_q="s 10_").text
    assert list(projects_in(page)) == [ids[60], ids[3], ids[61]]
    assert "2 of at most 100 chosen." in page
    entered = re.findall(r'(?:name="(?:name|projects_q)"[^>]* value="([^"]+)")|value="(365)" checked', page)
    assert entered == [("s 10_", ""), ("Lantern bot", ""), ("", "365")]
    assert _keys_of(app, person) == []


def test_enter_in_the_search_searches_and_enter_elsewhere_creates(
    app: Flask, browser_of: FlaskClient, person: TestUser, project_ids: list[str]
) -> None:
    form = key_form("Lantern bot", reach="some", project_ids=project_ids[:1], by_enter="")
    page = send(browser_of, _NEW, _CREATE, **form, projects_q="077", projects_q_shown="")
    assert (page.status_code, list(projects_in(page.text))) == (200, [project_ids[0], project_ids[76]])
    assert _keys_of(app, person) == []
    created = send(browser_of, _NEW, _CREATE, **form, projects_q="077", projects_q_shown="077")
    assert (created.status_code, _keys_of(app, person)) == (303, [project_ids[:1]])


def test_the_list_goes_on_with_what_was_searched(browser_of: FlaskClient, project_ids: list[str]) -> None:
    form = key_form("Lantern bot", reach="some", project_ids=project_ids[:2], projects_q="lantern 0")
    first = send(browser_of, _NEW, _SEARCH, **form).text
    assert list(projects_in(first)) == project_ids[: 2 + DEFAULT_LIMIT]
    second = send(browser_of, _NEW, _SEARCH, **form, projects_after=cursor_in(first)).text
    assert list(projects_in(second)) == [*project_ids[:2], *project_ids[2 + DEFAULT_LIMIT : 2 + 2 * DEFAULT_LIMIT]]
    assert chosen_in(second) == project_ids[:2]
    assert f'value="" formaction="{_SEARCH}#project_ids">{_BACK}<' in second
    again = send(browser_of, _NEW, _SEARCH, **form, projects_after="").text
    assert (projects_in(again), _BACK in again) == (projects_in(first), False)


def test_htmx_gets_what_is_found_or_the_next_ones_alone(browser_of: FlaskClient, project_ids: list[str]) -> None:
    page = browser_of.get(_NEW)
    form = key_form("Lantern bot", csrf_token=csrf_token(page), project_ids=project_ids[:1], projects_q="11")
    found = browser_of.post(_SEARCH, data=form, headers=HTMX).text
    assert list(projects_in(found)) == [*project_ids[10:11], *project_ids[109:119]]
    assert ("<html" in found, "data-projects-chosen" in found) == (False, False)
    assert '<hx-partial hx-target="#live">Eleven projects found.' in found
    more = browser_of.post(_SEARCH, data={**form, "projects_q": "", "projects_after": project_ids[99]}, headers=HTMX).text
    assert list(projects_in(more)) == project_ids[100:]
    assert (more.count("autofocus"), "projects_q_shown" in more) == (1, False)
    assert '<hx-partial hx-target="#live">20 more projects shown.' in more


def test_a_project_that_is_not_yours_any_more_is_taken_out_and_said(
    app: Flask, browser_of: FlaskClient, person: TestUser, project_ids: list[str]
) -> None:
    form = key_form("Lantern bot", reach="some", project_ids=project_ids[:2])
    with app.app_context():
        gone = (Membership.user_id == person.person.id, Membership.project_id == project_ids[0])
        db.session.execute(delete(Membership).where(*gone))
        db.session.commit()
    page = send(browser_of, _NEW, _SEARCH, **form, projects_q="9").text
    assert "One project that you had chosen is not yours any more, and was taken out." in page
    assert chosen_in(page) == project_ids[1:2]
    refused = send(browser_of, _NEW, _CREATE, **form)
    assert (refused.status_code, chosen_in(refused.text), _keys_of(app, person)) == (422, project_ids[1:2], [])
    assert "One of these projects is not yours any more, and was taken out." in refused.text


@pytest.mark.parametrize("hostile", ["", "x" * 5000, _NOBODYS, "%", "\\", "𝒳" * 90], ids=range(6))
def test_what_is_no_project_of_the_reader_is_refused_by_the_form(
    browser_of: FlaskClient, project_ids: list[str], hostile: str
) -> None:
    fields = {"projects_after": hostile, "projects_q": hostile, "projects_q_shown": hostile}
    form = key_form("Lantern bot", reach="some", project_ids=[project_ids[0], hostile])
    refused = send(browser_of, _NEW, _CREATE, **form)
    assert refused.status_code == 422
    assert "One of these projects is not yours any more, and was taken out." in refused.text
    page = send(browser_of, _NEW, _SEARCH, **form, **fields)
    assert (page.status_code, chosen_in(page.text)) == (200, project_ids[:1])


def test_too_many_projects_are_refused_and_not_cut_off(browser_of: FlaskClient, project_ids: list[str]) -> None:
    form = key_form("Lantern bot", reach="some", project_ids=project_ids[: MAX_PROJECTS + 3])
    refused = send(browser_of, _NEW, _CREATE, **form)
    assert refused.status_code == 422
    assert "Choose at most 100 projects" in refused.text
    assert "103 of at most 100 chosen. Take out 3." in refused.text
    assert chosen_in(refused.text) == project_ids[: MAX_PROJECTS + 3]


def test_a_key_is_made_for_projects_of_two_parts(
    app: Flask, browser_of: FlaskClient, person: TestUser, project_ids: list[str]
) -> None:
    chosen = sorted([project_ids[0], project_ids[-1]])
    assert open_created(browser_of, key_form("Lantern bot", reach="some", project_ids=chosen)).status_code == 200
    assert _keys_of(app, person) == [chosen]


def test_a_project_of_others_is_never_shown(
    app: Flask, browser_of: FlaskClient, project_ids: list[str], outsider: TestUser
) -> None:
    [foreign] = add_projects(app, outsider, ["Lantern 077 of theirs"])
    form = key_form("Bot", reach="some", project_ids=[foreign], projects_q="Lantern 077")
    assert list(projects_in(send(browser_of, _NEW, _SEARCH, **form).text)) == project_ids[76:77]


def test_projects_are_read_by_their_members_index_and_in_few_statements(
    app: Flask, person: TestUser, project_ids: list[str]
) -> None:
    with app.app_context(), recorded(app) as statements:
        choices = list_choices(person.access, project_ids[:50], "lantern", project_ids[60])
    assert (len(choices.chosen), len(choices.rows), len(statements)) == (50, DEFAULT_LIMIT, 3)
    for statement, plan in plans_of(app, statements, "enable_seqscan", "enable_bitmapscan", "enable_hashjoin"):
        assert re.search(r"SCAN (projects|memberships)\b|Seq Scan on (projects|memberships)", plan) is None, (statement, plan)


def test_ticked_projects_stand_on_top_and_are_taken_out_there(page_for: Pages, person: TestUser, project_ids: list[str]) -> None:
    page = _open_form(page_for, person)
    page.get_by_label("Lantern 005").check()
    page.get_by_role("button", name="Show more projects").press("Enter")
    expect(page.get_by_label("Lantern 026")).to_be_focused()
    page.get_by_label("Lantern 030").check()
    top = page.get_by_role("group", name="Chosen projects")
    expect(top.get_by_role("checkbox")).to_have_count(2)
    expect(page.get_by_text("2 of at most 100 chosen.").first).to_be_visible()
    expect(page.locator("#live")).to_have_text("2 of at most 100 chosen.")
    top.get_by_label("Lantern 005").uncheck()
    expect(page.locator("#project_ids-found").get_by_label("Lantern 005")).not_to_be_checked()
    assert find_violations(page) == []
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")
    with person.app.app_context():
        assert _keys_of(person.app, person) == [project_ids[29:30]]


def test_typing_finds_a_project_and_keeps_what_is_ticked(page_for: Pages, person: TestUser, project_ids: list[str]) -> None:
    page = _open_form(page_for, person)
    page.get_by_label("Lantern 005").check()
    search = page.get_by_role("searchbox", name="Find a project")
    search.press_sequentially("lantern 09")
    search.press("Enter")
    expect(page.locator("#project_ids-found").get_by_role("checkbox")).to_have_count(10)
    expect(search).to_be_focused()
    expect(page.locator("#live")).to_have_text("Ten projects found.")
    page.get_by_label("Lantern 099").check()
    expect(page.get_by_role("group", name="Chosen projects").get_by_role("checkbox")).to_have_count(2)
    search.fill("")
    expect(page.locator("#project_ids-found").get_by_label("Lantern 004")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Lantern bot")
    page.get_by_role("button", name="Create key").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your key is ready")
    assert _keys_of(person.app, person) == [sorted([project_ids[4], project_ids[98]])]


def _open_form(page_for: Pages, person: TestUser) -> Page:
    page = page_for(person)
    page.goto(f"{_NEW}?integration=jira&name=Lantern+bot")
    page.get_by_text("Only these").click()
    return page


def _keys_of(app: Flask, person: TestUser) -> list[list[str] | None]:
    """The projects of each key."""
    with app.app_context():
        return list(db.session.execute(select(ApiKey.project_ids).where(ApiKey.user_id == person.person.id)).scalars())
