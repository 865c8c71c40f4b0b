"""What reaches a project: its owners and admins see it, and cut off what should not."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.portal.forms import send
from tests.support.clients.markup import find_repairs
from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board

NewUser = Callable[..., TestUser]


@pytest.fixture
def person(new_user: NewUser) -> TestUser:
    return new_user()


@pytest.fixture
def member(new_user: NewUser) -> TestUser:
    return new_user()


@pytest.fixture
def project(app: Flask, person: TestUser, member: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, person, name="Payments <b>", member=member)


@pytest.fixture
def page(project: ProjectAndBoard) -> str:
    return f"/integrations/projects/{project.project_id}/credentials"


def id_of(api: Api) -> str:
    return str(api.get("/me").json["credential"]["id"])


def test_an_owner_sees_what_reaches_the_project_and_no_secret(app: Flask, person: TestUser, member: TestUser, page: str) -> None:
    secret = member.new_key("Member's mirror", "tasks:read")
    Api(app, secret).get("/me")
    text = person.sign_in().get(page).text
    assert "Member&#39;s mirror" in text
    assert "Read: tasks" in text
    assert secret not in text
    assert secret[-4:] not in text
    assert find_repairs(text) == []


def test_a_key_is_cut_off_after_a_question_and_let_in_again(
    app: Flask, person: TestUser, member: TestUser, project: ProjectAndBoard, page: str
) -> None:
    api = Api(app, member.new_key("Mirror"))
    key_id, browser = id_of(api), person.sign_in()
    question = f"{page}/{key_id}/cut-off"
    assert "Cut off “Mirror” from Payments &lt;b&gt;?" in browser.get(question).text
    assert send(browser, question, question).location == page
    assert api.get(f"/projects/{project.project_id}").status_code == 403
    after = browser.get(page).text
    assert "It is cut off." in after
    assert "A key or app was cut off from a project." in after
    assert browser.get(question).location == page, "it is cut off already"
    assert send(browser, page, f"{page}/{key_id}/let-in").location == page
    assert api.get(f"/projects/{project.project_id}").status_code == 200


def test_who_is_no_admin_sees_and_changes_nothing(app: Flask, member: TestUser, outsider: TestUser, page: str) -> None:
    api = Api(app, member.new_key("Mirror"))
    key_id = id_of(api)
    for reader in (member, outsider):
        browser = reader.sign_in()
        assert browser.get(page).status_code == 403
        assert browser.get(f"{page}/{key_id}/cut-off").status_code == 403
        assert send(browser, "/account", f"{page}/{key_id}/cut-off").status_code == 403
        assert send(browser, "/account", f"{page}/{key_id}/let-in").status_code == 403
    assert app.test_client().get(page).status_code == 303


@pytest.mark.parametrize("credential", ["key_%00", "nothing", "key_01m86ffkj1eyt9k86t46h61k8b", "%F0%9F%98%80", "grn_'--"])
def test_a_credential_that_is_not_there_changes_nothing(person: TestUser, page: str, credential: str) -> None:
    browser = person.sign_in()
    assert browser.get(f"{page}/{credential}/cut-off").location == page
    assert send(browser, "/account", f"{page}/{credential}/cut-off").status_code in (400, 404)


@pytest.mark.parametrize("project", ["prj_%00", "nothing", "prj_01m86ffkj1eyt9k86t46h61k8b"])
def test_a_project_that_is_not_there_is_not_found(person: TestUser, project: str) -> None:
    assert person.sign_in().get(f"/integrations/projects/{project}/credentials").status_code == 404


def test_many_credentials_are_paged(app: Flask, person: TestUser, member: TestUser, page: str) -> None:
    for number in range(27):
        member.new_key(f"Bot {number}", "tasks:read")
    browser = person.sign_in()
    assert browser.get(page).text.count("Cut off…") == 25
    last = sorted(browser.get(f"{page}?after=nonsense&audit_after=%00").text.split('class="audit-entry reaching" id="'))[-1][:30]
    assert browser.get(f"{page}?after={last}").text.count("Cut off…") == 2


def test_the_pages_are_found_from_the_audit_log(person: TestUser, member: TestUser, page: str) -> None:
    assert page in person.sign_in().get("/account/audit").text
    assert page not in member.sign_in().get("/account/audit").text
