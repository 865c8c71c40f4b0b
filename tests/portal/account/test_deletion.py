"""Deleting one's account: said first with what it does, a week to take it back, and everything shut meanwhile."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from calmboard.access.oauth.app_changes import create_app, set_maintainers
from calmboard.access.oauth.app_forms import AppForm
from calmboard.access.oauth.made_apps import find_app
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import Membership, OutboxMessage, User
from calmboard.work.account.ending import delete_left_accounts
from tests.portal.account.factors import pass_ten_minutes, set_up
from tests.portal.apps.connected import connect
from tests.portal.forms import send
from tests.support.audit import audited_actions
from tests.support.users import Api, ProjectAndBoard, TestUser, add_project_and_board, csrf_token

NewUser = Callable[..., TestUser]
PAGE = "/account/delete"
_CALLBACK = "https://standup.example/callback"


@pytest.fixture
def person(new_user: NewUser) -> TestUser:
    return new_user()


def delete_own(browser: FlaskClient, person: TestUser, **changed: str) -> TestResponse:
    return send(browser, PAGE, PAGE, **{"email": person.email, "current_password": person.password, **changed})


def enter(client: FlaskClient, person: TestUser) -> TestResponse:
    return send(client, "/sign-in", "/sign-in", email=person.email, password=person.password)


def let_the_week_pass(person: TestUser) -> None:
    with person.app.app_context():
        db.session.execute(update(User).where(User.id == person.person.id).values(deletes_at=now() - timedelta(seconds=1)))
        db.session.commit()
        delete_left_accounts()


def mails_to(person: TestUser) -> list[str]:
    with person.app.app_context():
        kinds = select(OutboxMessage.kind).where(OutboxMessage.recipient == person.email).order_by(OutboxMessage.id)
        return list(db.session.execute(kinds).scalars())


def role_of(app: Flask, user: TestUser, project: ProjectAndBoard) -> str | None:
    with app.app_context():
        its = (Membership.user_id == user.person.id, Membership.project_id == project.project_id)
        return db.session.execute(select(Membership.role).where(*its)).scalar()


def test_the_page_counts_what_ends_and_names_the_projects(app: Flask, person: TestUser, new_user: NewUser) -> None:
    own = add_project_and_board(app, person, "Observatory & garden")
    person.api.post(f"/boards/{own.board_id}/tasks", json={"title": "Ends with its project"})
    shared = add_project_and_board(app, new_user(), "Shared", member=person)
    person.api.post(f"/boards/{shared.board_id}/tasks", json={"title": "Polish the lens"})
    page = person.sign_in().get(PAGE).text
    for sentence in (
        "One key stops working at once.",
        "No app is connected.",
        "One task and 0 comments of yours",
        "You leave 1 project",
    ):
        assert sentence in page
    assert "One project that nobody else is in is deleted" in page
    assert "<strong>Observatory &amp; garden</strong>" in page
    assert "Shared" not in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"email": "other@calmboard.test"}, "email"), ({"email": ""}, "email"), ({"current_password": "no"}, "current_password")],
)
def test_without_address_and_password_nothing_happens(person: TestUser, changed: dict[str, str], field: str) -> None:
    browser = person.sign_in()
    answer = delete_own(browser, person, **changed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert browser.get("/account").status_code == 200


def test_with_a_second_factor_it_asks_for_a_code_first(app: Flask, person: TestUser) -> None:
    browser = person.sign_in()
    set_up(person, browser)
    pass_ten_minutes(app)
    assert delete_own(browser, person).location.startswith("/account/prove")
    assert browser.get("/account").status_code == 200


def test_meanwhile_everything_is_shut_but_the_way_back(app: Flask, person: TestUser) -> None:
    browser, other = person.sign_in(), person.sign_in()
    session_token = browser.post("/session-token", data={"csrf_token": csrf_token(browser.get("/account"))}).get_json()
    connected = connect(app, person)
    assert person.api.get("/me").status_code == 200
    assert delete_own(browser, person).location == "/account/leaving"
    for path in ("/account", "/integrations", "/account/security", PAGE):
        assert browser.get(path).location == "/account/leaving"
    assert browser.get("/api/oauth/authorize").status_code == 400
    assert other.get("/account").location.startswith("/sign-in")
    refused = person.api.get("/me")
    assert (refused.status_code, refused.json["code"]) == (401, "api_key_paused")
    assert Api(app, connected["access_token"]).get("/me").status_code == 401
    by_token = Api(app, session_token["session_token"]).get("/api/auth/session")
    assert (by_token.status_code, by_token.json["code"]) == (401, "invalid_token")
    program = Api(app, "").post("/api/auth/session", json={"email": person.email, "password": person.password})
    assert (program.status_code, program.json["code"]) == (403, "forbidden")


def test_signing_in_offers_to_keep_it_and_keys_work_again(app: Flask, client: FlaskClient, person: TestUser) -> None:
    delete_own(person.sign_in(), person)
    enter(client, person)
    page = client.get("/integrations", follow_redirects=True)
    assert page.request.path == "/account/leaving"
    assert "Your account is going to be deleted on" in page.text
    kept = client.post("/account/keep", data={"csrf_token": csrf_token(page)})
    assert kept.location == "/account"
    assert "Your account is kept." in client.get("/account").text
    assert person.api.get("/me").status_code == 200
    assert mails_to(person) == ["deletion_begun", "account_kept"]
    actions = audited_actions(app, subject_id=person.person.id)
    assert [action for action in actions if action.startswith("account.")] == ["account.deletion_begun", "account.kept"]


def test_the_way_back_signs_out_too(client: FlaskClient, person: TestUser) -> None:
    delete_own(person.sign_in(), person)
    enter(client, person)
    token = csrf_token(client.get("/account/leaving"))
    client.post("/sign-out", data={"csrf_token": token})
    assert client.get("/account/leaving").location == "/sign-in"


def test_whoever_is_not_leaving_is_led_away_from_the_way_back(client: FlaskClient, person: TestUser) -> None:
    assert person.sign_in().get("/account/leaving").location == "/account"
    assert client.get("/account/leaving").location == "/sign-in"


def test_the_only_owner_of_a_shared_project_makes_another_first(app: Flask, person: TestUser, new_user: NewUser) -> None:
    heir = new_user()
    project = add_project_and_board(app, person, "Observatory", viewer=heir)
    browser = person.sign_in()
    page = browser.get(PAGE).text
    assert f'<option value="{heir.person.id}">' in page
    form = {"csrf_token": csrf_token(browser.get("/account")), "email": person.email, "current_password": person.password}
    assert browser.post(PAGE, data=form).location == PAGE
    assert person.api.get("/me").status_code == 200
    send(browser, PAGE, "/account/delete/owner", project_id=project.project_id, user_id=heir.person.id)
    assert role_of(app, heir, project) == "owner"
    assert delete_own(browser, person).location == "/account/leaving"
    stays = heir.api.delete(f"/projects/{project.project_id}/members/{heir.person.id}")
    assert (stays.status_code, stays.json["code"]) == (409, "conflict")


def test_nobody_hands_over_what_is_not_theirs(app: Flask, person: TestUser, new_user: NewUser) -> None:
    project = add_project_and_board(app, new_user(), "Observatory", member=person)
    add_project_and_board(app, person, "Own", member=new_user())
    form = {"project_id": project.project_id, "user_id": person.person.id}
    assert send(person.sign_in(), PAGE, "/account/delete/owner", **form).location == PAGE
    assert role_of(app, person, project) == "member"


def test_after_the_week_the_person_is_gone_and_the_work_stays(app: Flask, person: TestUser, new_user: NewUser) -> None:
    other = new_user()
    own, shared = add_project_and_board(app, person, "Own"), add_project_and_board(app, other, "Shared", member=person)
    task = person.api.post(f"/boards/{shared.board_id}/tasks", json={"title": "Lens", "assignees": [person.person.id]}).json
    comment = person.api.post(f"/tasks/{task['id']}/comments", json={"body": "Polished."}).json
    delete_own(person.sign_in(), person)
    let_the_week_pass(person)
    refused = person.api.get("/me")
    assert (refused.status_code, refused.json["code"]) == (401, "invalid_api_key")
    left = other.api.get(f"/tasks/{task['id']}").json
    assert (left["title"], left["assignees"]) == ("Lens", [])
    comments = other.api.get(f"/tasks/{task['id']}/comments").json["data"]
    assert [(each["id"], each["author"]) for each in comments] == [(comment["id"], None)]
    assert other.api.get(f"/projects/{own.project_id}").status_code == 404
    assert mails_to(person)[-1] == "account_deleted"
    assert audited_actions(app, subject_id=person.person.id)[-1] == "account.deleted"


def test_whoever_joined_in_the_last_week_owns_what_was_left(app: Flask, person: TestUser, new_user: NewUser) -> None:
    late = new_user()
    project = add_project_and_board(app, person)
    delete_own(person.sign_in(), person)
    with app.app_context():
        db.session.add(Membership(user_id=late.person.id, project_id=project.project_id, role="viewer"))
        db.session.commit()
    let_the_week_pass(person)
    assert role_of(app, late, project) == "owner"


def test_an_app_passes_to_who_helps_with_it_and_any_other_ends(app: Flask, person: TestUser, new_user: NewUser) -> None:
    helper = new_user()
    project = add_project_and_board(app, new_user(), admin=person, member=helper).project_id
    with app.app_context():
        kept, alone = (create_app(person.access, AppForm(name, "", "", (_CALLBACK,))) for name in ("Kept bot", "Lonely bot"))
        set_maintainers(person.access, kept.client.id, project, [helper.person.id])
    delete_own(person.sign_in(), person)
    let_the_week_pass(person)
    with app.app_context():
        found = find_app(kept.client.id)
        assert found is not None
        assert (found.maker_id, found.maintainers) == (helper.person.id, ())
        assert find_app(alone.client.id) is None


def test_where_others_own_the_project_nobody_is_made_owner(app: Flask, person: TestUser, new_user: NewUser) -> None:
    owner, member = new_user(), new_user()
    project = add_project_and_board(app, owner, admin=person, member=member)
    delete_own(person.sign_in(), person)
    let_the_week_pass(person)
    assert [role_of(app, each, project) for each in (owner, member, person)] == ["owner", "member", None]


def test_within_the_week_nothing_is_deleted(app: Flask, person: TestUser) -> None:
    delete_own(person.sign_in(), person)
    with app.app_context():
        delete_left_accounts()
        assert db.session.get(User, person.person.id) is not None
