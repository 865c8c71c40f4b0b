"""What is granted is what the person chose on the page; no parameter of the application chooses for them."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from calmboard.access.scopes import GRANTABLE
from calmboard.db import db
from calmboard.models import OAuthGrant
from tests.oauth.conftest import ORIGIN, HostApp, redirect_parameters
from tests.support.users import TestUser, add_project_and_board

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')

_CHECKED = re.compile(r'value="([^"]*)" checked')
_NEXT = re.compile(r'name="next" value="([^"]*)"')

Make = Callable[..., HostApp]


def send_as_a_browser(application: HostApp, page: TestResponse, **chosen: Any) -> TestResponse:
    """Submit the consent form with all its hidden fields, in order, before the person's choices."""
    consent = page.text[page.text.index('action="/api/oauth/authorize"') :]
    fields = [*_HIDDEN.findall(consent), *MultiDict(chosen).items(multi=True)]
    return application.browser.post("/api/oauth/authorize", data=MultiDict(fields))


def tokens_after(application: HostApp, response: TestResponse) -> dict[str, Any]:
    tokens: dict[str, Any] = application.redeem(redirect_parameters(response)["code"]).get_json()
    return tokens


def test_no_stays_no_whatever_the_request_says(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    page = application.open_consent(decision="allow")
    assert redirect_parameters(send_as_a_browser(application, page, decision="deny"))["error"] == "access_denied"


def test_a_deselected_right_stays_deselected_whatever_the_request_says(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    page = application.open_consent(right="tasks:write")
    tokens = tokens_after(application, send_as_a_browser(application, page, decision="allow", reach="all"))
    assert tokens["scope"] == "projects:read tasks:read"


def test_the_chosen_projects_stay_chosen_whatever_the_request_says(app: Flask, host_app: Make, owner: TestUser) -> None:
    inside, outside = add_project_and_board(app, owner), add_project_and_board(app, owner)
    application = host_app(owner)
    page = application.open_consent(reach="all", project=outside.project_id)
    chosen = {"decision": "allow", "reach": "some", "project": inside.project_id}
    api = application.api(tokens_after(application, send_as_a_browser(application, page, **chosen))["access_token"])
    assert [project["id"] for project in api.get("/projects").json["data"]] == [inside.project_id]


def test_a_token_against_forgery_in_the_request_changes_nothing(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    page = application.open_consent(csrf_token="theirs")
    assert "theirs" not in page.text.partition('action="/api/oauth/authorize"')[2]
    assert "code" in redirect_parameters(send_as_a_browser(application, page, decision="allow", reach="all"))


def test_rights_beyond_the_request_cannot_be_selected(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    page = application.open_consent(scope="projects:read")
    rights = ["keys:write", "members:write", "projects:write"]
    response = send_as_a_browser(application, page, decision="allow", reach="all", right=rights)
    assert tokens_after(application, response)["scope"] == "projects:read"


_UNUSED = ["keys:write", "webhooks:read", "webhooks:write", "connections:write", "imports:read"]


@pytest.mark.parametrize("scope", _UNUSED)
def test_a_right_that_nothing_uses_yet_is_named_and_not_granted(host_app: Make, owner: TestUser, scope: str) -> None:
    """A scope granted today would otherwise allow what is built tomorrow, without consent."""
    application = host_app(owner)
    params = {"scope": f"tasks:write {scope}"}
    page = application.open_consent(**params).text
    assert f"Not granted, because nothing in CalmBoard uses it yet: <code>{scope}</code>." in page
    assert f'value="{scope}"' not in page
    selected = {"right": ["tasks:write", scope]}
    granted = set(application.get_tokens(selected, **params)["scope"].split())
    assert granted - {"keys:read"} == {"tasks:read", "tasks:write"}


@pytest.mark.parametrize(
    ("scopes", "names"),
    [
        (["imports:read", "keys:write"], "<code>imports:read</code> and <code>keys:write</code>"),
        (
            ["imports:read", "keys:write", "webhooks:read"],
            "<code>imports:read</code>, <code>keys:write</code> and <code>webhooks:read</code>",
        ),
    ],
)
def test_several_rights_that_nothing_uses_yet_are_named_in_a_sentence(
    host_app: Make, owner: TestUser, scopes: list[str], names: str
) -> None:
    page = host_app(owner).open_consent(scope=" ".join(["tasks:write", *scopes])).text
    assert f"Not granted, because nothing in CalmBoard uses them yet: {names}." in page


def test_a_request_for_rights_that_nothing_uses_yet_is_refused(host_app: Make, owner: TestUser) -> None:
    response = redirect_parameters(host_app(owner).become_known().open_consent(scope="webhooks:write imports:read"))
    assert (response["error"], response["state"], response["iss"]) == ("invalid_scope", "s-1", ORIGIN)


@pytest.mark.parametrize("noun", GRANTABLE)
def test_every_right_that_is_of_use_is_said_in_words(host_app: Make, owner: TestUser, noun: str) -> None:
    page = host_app(owner).open_consent(scope=f"{noun}:read").text
    assert re.search(r"See (?!and)[a-z’ ]+<", page)
    assert "Not granted" not in page


@pytest.mark.parametrize(
    "chosen",
    [{}, {"reach": ""}, {"reach": "none"}, {"reach": "ALL"}, {"reach": ["some", "all"]}, {"reach": ["all", "all"]}],
    ids=["missing", "empty", "unknown", "loud", "both", "twice"],
)
def test_a_decision_that_does_not_say_in_which_projects_is_asked_for_again(
    app: Flask, host_app: Make, owner: TestUser, chosen: dict[str, Any]
) -> None:
    project, application = add_project_and_board(app, owner), host_app(owner)
    choices = {"decision": "allow", "project": project.project_id, **chosen}
    assert_shown_again(application, choices, "Choose in which projects it may work.")


@pytest.mark.parametrize("selected", [[], [""], ["prj_00000000000000000000000000"], ["all"], ["a foreign one"]])
def test_only_these_without_one_is_asked_for_again(
    app: Flask, host_app: Make, owner: TestUser, outsider: TestUser, selected: list[str]
) -> None:
    application, foreign = host_app(owner), add_project_and_board(app, outsider).project_id
    projects = [foreign if project == "a foreign one" else project for project in selected]
    choices = {"decision": "allow", "reach": "some", "project": projects}
    assert_shown_again(application, choices, "Tick at least one project, or choose all that you can see.")


def assert_shown_again(application: HostApp, choices: dict[str, Any], sentence: str) -> None:
    """The same page, with an error and nothing granted; submitting it is another decision."""
    again = send_as_a_browser(application, application.open_consent(), **choices)
    assert (again.status_code, "Location" in again.headers, again.text.count(sentence)) == (422, False, 2)
    with application.app.app_context():
        granted = select(OAuthGrant.id).where(OAuthGrant.client_id == application.client_id)
        assert db.session.execute(granted).first() is None
    response = send_as_a_browser(application, again, decision="allow", reach="all")
    assert tokens_after(application, response)["scope"] == "projects:read tasks:read"


def test_what_was_chosen_stays_chosen_when_it_is_asked_for_again(app: Flask, host_app: Make, owner: TestUser) -> None:
    selected, other = add_project_and_board(app, owner), add_project_and_board(app, owner)
    application = host_app(owner)
    scope = "tasks:write boards:write"
    choices = {"decision": "allow", "right": "boards:write", "project": selected.project_id}
    again = send_as_a_browser(application, application.open_consent(scope=scope), **choices)
    assert _CHECKED.findall(again.text) == ["boards:write", selected.project_id]
    assert f'value="{other.project_id}"' in again.text
    next_url = unescape(_NEXT.findall(again.text)[0])
    assert application.browser.get(next_url).text.count('value="tasks:write"') == 1


@pytest.mark.parametrize("decision", ["", "ALLOW", "yes", "1", "deny"])
def test_only_allow_allows(host_app: Make, owner: TestUser, decision: str) -> None:
    application = host_app(owner)
    response = send_as_a_browser(application, application.open_consent(), decision=decision)
    assert redirect_parameters(response)["error"] == "access_denied"


def test_a_token_of_another_session_does_not_decide(host_app: Make, owner: TestUser, member: TestUser) -> None:
    application, other = host_app(owner), host_app(member)
    other_page = other.open_consent().text
    token = dict(_HIDDEN.findall(other_page[other_page.index('action="/api/oauth/authorize"') :]))["csrf_token"]
    form = {**application.request(), "csrf_token": token, "decision": "allow", "reach": "all"}
    response = application.browser.post("/api/oauth/authorize", data=form)
    assert (response.status_code, "Location" in response.headers) == (400, False)


def test_every_new_request_is_asked_about_again(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    application.get_tokens()
    again = application.open_consent()
    assert (again.status_code, "Location" in again.headers) == (200, False)
    assert redirect_parameters(application.open_consent(prompt="none"))["error"] == "consent_required"
