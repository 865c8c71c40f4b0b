"""The operator's commands: they do what they say, and say in a sentence what they refuse."""

from collections.abc import Callable
from datetime import timedelta

import flask_migrate
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from calmboard.access.oauth.clients import own_client
from calmboard.access.oauth.made_apps import find_app
from calmboard.access.scopes import SCOPES
from calmboard.access.secret_format import digest
from calmboard.clock import now
from calmboard.db import db
from calmboard.ids import new_id
from calmboard.models import ApiKey, User
from calmboard.settings import SETTINGS
from tests.support.servers.programs import free_port
from tests.support.users import Api, ProjectAndBoard, TestUser

PASSWORD = "quiet-harbour-seven"


@pytest.fixture
def email() -> str:
    """An address that nobody has yet."""
    return f"{new_id('usr')}@calmboard.test"


def test_a_person_is_added_and_can_sign_in(app: Flask, email: str) -> None:
    done = run(app, "people", "add", email, "--name", "Ada", "--password", PASSWORD, "--plan", "business")
    assert (done.exit_code, done.output) == (0, f"Ada can sign in as {email}. The plan is Business.\n")
    with app.app_context():
        assert db.session.execute(select(User.plan).where(User.email == email)).scalar_one() == "business"


def test_all_that_is_wrong_with_a_person_is_said_at_once(app: Flask) -> None:
    done = run(app, "people", "add", "nobody", "--name", " ", "--password", "short", "--plan", "gold")
    assert done.exit_code == 1
    assert done.stdout == ""
    for sentence in ("“nobody” is not an e-mail address", "A name has", "A password has", "A plan is one of free, pro, business"):
        assert sentence in done.stderr


def test_an_address_that_is_taken_is_refused(app: Flask, owner: TestUser) -> None:
    done = run(app, "people", "add", owner.email.upper(), "--name", "Ana", "--password", PASSWORD, "--plan", "pro")
    assert done.exit_code == 1
    assert "already" in done.stderr


def test_a_plan_changes_what_a_key_may_do_at_the_next_request(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user(plan="pro")
    assert person.api.get("/me").status_code == 200
    run(app, "people", "plan", person.email, "free")
    assert person.api.get("/me").json["code"] == "paid_plan_required"
    assert run(app, "people", "plan", person.email, "pro").output == f"The plan of {person.email} is Pro now.\n"
    assert person.api.get("/me").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["people", "plan", "nobody@calmboard.test", "pro"], "Nobody has the e-mail address nobody@calmboard.test."),
        (["people", "plan", "owner@calmboard.test", "gold"], "A plan is one of free, pro, business."),
        (["keys", "issue", "nobody@calmboard.test", "--name", "Bot"], "Nobody has the e-mail address"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(app: Flask, arguments: list[str], sentence: str) -> None:
    done = run(app, *arguments)
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.output


def test_a_key_is_printed_alone_and_has_every_right_for_good(app: Flask, new_user: Callable[..., TestUser]) -> None:
    secret = issue(app, new_user().email, "--name", "Everything").stdout.strip()
    assert Api(app, secret).get("/me").status_code == 200
    key = stored(app, secret)
    assert (key.scopes, key.project_ids, key.expires_at) == (" ".join(sorted(SCOPES)), None, None)


def test_a_key_can_be_narrow_and_end(
    app: Flask, new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]
) -> None:
    person = new_user()
    here, elsewhere = new_project(person), new_project(person)
    arguments = ("--scope", "projects:read", "--project", here.project_id, "--expires-in-days", "30", "--integration", "jira")
    secret = issue(app, person.email, "--name", "Narrow", *arguments).stdout.strip()
    api = Api(app, secret)
    assert api.get(f"/projects/{here.project_id}").status_code == 200
    assert api.get(f"/projects/{elsewhere.project_id}").json["code"] == "forbidden"
    assert api.get(f"/boards/{here.board_id}").json["code"] == "insufficient_scope"
    key = stored(app, secret)
    assert key.integration == "jira"
    assert key.expires_at
    assert abs(key.expires_at - now() - timedelta(days=30)) < timedelta(minutes=1)


def test_a_key_can_be_issued_on_the_free_plan_and_waits_for_an_upgrade(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user(plan="free")
    api = Api(app, issue(app, person.email, "--name", "Early").stdout.strip())
    assert api.get("/me").json["code"] == "paid_plan_required"
    run(app, "people", "plan", person.email, "pro")
    assert api.get("/me").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--name", " "], "A key's name has 1 to 80 characters"),
        (["--name", "Bot", "--scope", "tasks:fly"], "There is no scope tasks:fly."),
        (["--name", "Bot", "--project", "prj_nowhere"], "in no project with the id prj_nowhere"),
        (["--name", "Bot", "--integration", "fax"], "An integration is one of jira, trello"),
    ],
)
def test_a_key_that_cannot_be_made_is_refused(app: Flask, owner: TestUser, arguments: list[str], sentence: str) -> None:
    done = run(app, "keys", "issue", owner.email, *arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert sentence in done.stderr


def test_two_keys_of_one_name_are_refused(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user()
    issue(app, person.email, "--name", "Bot")
    done = run(app, "keys", "issue", person.email, "--name", "bot")
    assert done.exit_code == 1
    assert "already have a key called “bot”" in done.stderr


def test_the_demo_is_for_development_only(make_app: Callable[..., Flask], empty_database_url: str) -> None:
    app = make_app(database_url=empty_database_url, origin="https://board.calmboard.example")
    with app.app_context():
        flask_migrate.upgrade()
    done = run(app, "seed")
    assert done.exit_code == 1
    assert "for development only" in done.stderr
    with app.app_context():
        assert db.session.execute(select(User.id)).first() is None


def test_the_demo_is_added_once_and_says_how_to_sign_in(make_app: Callable[..., Flask], empty_database_url: str) -> None:
    app = make_app(database_url=empty_database_url, demo_password="open the garden gate")
    with app.app_context():
        flask_migrate.upgrade()
    first, second = run(app, "seed"), run(app, "seed")
    assert "owner@calmboard.test" in first.output
    assert "open the garden gate" in first.output
    assert second.output == "The demo people are here already. Nothing was changed.\n"


@pytest.mark.database("postgresql")
def test_a_database_that_does_not_answer_is_a_sentence(make_app: Callable[..., Flask]) -> None:
    app = make_app(database_url=f"postgresql://127.0.0.1:{free_port()}/calmboard")
    done = run(app, "people", "plan", "owner@calmboard.test", "pro")
    assert done.exit_code == 1
    assert "CalmBoard's database does not answer" in done.stderr


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=arguments)


def issue(app: Flask, email: str, *arguments: str) -> Result:
    done = run(app, "keys", "issue", email, *arguments)
    assert done.exit_code == 0, done.output
    return done


def stored(app: Flask, secret: str) -> ApiKey:
    with app.app_context():
        return db.session.execute(select(ApiKey).where(ApiKey.digest == digest(secret))).scalar_one()


def test_an_app_is_verified_and_not_any_more(app: Flask, new_user: Callable[..., TestUser]) -> None:
    with app.app_context():
        client = own_client(new_user().person, SETTINGS.get(app).origin)
    run = app.test_cli_runner().invoke
    assert "is verified" in run(args=["apps", "verify", client.id]).output
    with app.app_context():
        found = find_app(client.id)
        assert found is not None
        assert found.verified_at is not None
    assert "is not verified any more" in run(args=["apps", "unverify", client.id]).output
    refused = run(args=["apps", "verify", "cli_nothing"])
    assert (refused.exit_code, "No application" in refused.output) == (1, True)
