"""The audit log by API, and the credentials that reach a project."""

from collections.abc import Callable

import pytest
from flask import Flask

from calmboard.access.credentials.key_life.reaching import cut_off, let_in_again
from calmboard.access.credentials.keys import find_key, pause_key
from calmboard.db import db
from calmboard.errors import Forbidden, NotFound
from calmboard.models import Membership
from calmboard.settings import SETTINGS
from tests.api.mcp.tokens import Tokens
from tests.support.audit import audit_entries
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
    return add_project_and_board(app, person, member=member)


def id_of(api: Api) -> str:
    key_id: str = api.get("/me").json["credential"]["id"]
    return key_id


def test_what_was_done_to_ones_credentials_is_there_newest_first(app: Flask, person: TestUser) -> None:
    key_id = id_of(person.api)
    with app.app_context():
        pause_key(person.access, id_of(Api(app, person.new_key("Mirror"))))
    first, second = person.api.get("/audit?subject_kind=key&limit=2").json["data"]
    assert (first["action"], second["action"]) == ("key.paused", "key.created")
    assert (first["actor_id"], first["source"]) == (person.person.id, "session")
    (entry,) = person.api.get(f"/audit?subject_id={key_id}").json["data"]
    assert (entry["action"], entry["subject_id"]) == ("key.created", key_id)
    assert person.api.get(f"/audit?until={entry['at']}&subject_id={key_id}").json["data"] == []
    assert len(person.api.get(f"/audit?since={entry['at']}&subject_id={key_id}").json["data"]) == 1


def test_nobody_reads_the_log_of_another(app: Flask, person: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    key_id = id_of(person.api)
    assert member.api.get(f"/audit?subject_id={key_id}").json["data"] == []
    assert member.api.get(f"/audit?project_id={project.project_id}").status_code == 403
    assert person.api.get(f"/audit?project_id={project.project_id}").status_code == 200
    unknown = person.api.get("/audit?project_id=prj_01m86ffkj1eyt9k86t46h61k8b")
    assert (unknown.status_code, unknown.json["errors"][0]["pointer"]) == (400, "project_id")
    limited = Api(app, person.new_key("Limited", "keys:read", project_ids=frozenset([project.project_id])))
    assert limited.get("/audit").status_code == 403
    assert Api(app, person.new_key("Tasks", "tasks:read")).get("/audit").json["code"] == "insufficient_scope"


def test_admins_see_what_reaches_their_project(
    app: Flask, person: TestUser, member: TestUser, project: ProjectAndBoard, outsider: TestUser
) -> None:
    elsewhere = add_project_and_board(app, member)
    reaches = id_of(Api(app, member.new_key("Everywhere", "tasks:write", "tasks:read")))
    limited = id_of(Api(app, member.new_key("Here", project_ids=frozenset([project.project_id]))))
    member.new_key("Not here", project_ids=frozenset([elsewhere.project_id]))
    token = Tokens(app).for_resource(member, SETTINGS.get(app).origin, "tasks:read")
    Api(app, token).get("/projects")
    rows = person.api.get(f"/projects/{project.project_id}/credentials").json["data"]
    of_member = {row["name"]: row for row in rows if row["owner_id"] == member.person.id}
    assert {row["id"] for row in of_member.values()} > {reaches, limited}
    assert "Not here" not in of_member
    assert of_member["Everywhere"]["scopes"] == ["tasks:read", "tasks:write"]
    assert {row["kind"] for row in of_member.values()} == {"api_key", "oauth_token"}
    assert not any(row["is_cut_off"] for row in rows)
    for nobody in (member, outsider):
        assert nobody.api.get(f"/projects/{project.project_id}/credentials").status_code == 403


def test_a_credential_that_is_cut_off_reaches_the_others(
    app: Flask, person: TestUser, member: TestUser, project: ProjectAndBoard
) -> None:
    own = add_project_and_board(app, member)
    key = Api(app, member.new_key("Everywhere"))
    key_id = id_of(key)
    assert key.get(f"/projects/{project.project_id}").status_code == 200
    with app.app_context():
        assert cut_off(person.access, project.project_id, key_id)
        assert not cut_off(person.access, project.project_id, key_id)
    assert key.get(f"/projects/{project.project_id}").json["code"] == "forbidden"
    assert project.project_id not in {row["id"] for row in key.get("/projects?limit=100").json["data"]}
    assert key.get(f"/projects/{own.project_id}").status_code == 200
    later = add_project_and_board(app, member)
    assert key.get(f"/projects/{later.project_id}").status_code == 200
    with app.app_context():
        assert let_in_again(person.access, project.project_id, key_id)
    assert key.get(f"/projects/{project.project_id}").status_code == 200
    actions = [entry.action for entry in audit_entries(app, subject_id=key_id)]
    assert actions == ["key.created", "credential.cut_off", "credential.let_in"]
    entries = person.api.get(f"/audit?project_id={project.project_id}&subject_id={key_id}").json["data"]
    assert [entry["action"] for entry in entries] == ["credential.let_in", "credential.cut_off"]


def test_a_key_for_all_projects_that_is_cut_off_from_one_stays_one_for_all_others(
    app: Flask, person: TestUser, member: TestUser, project: ProjectAndBoard
) -> None:
    other = Api(app, member.new_key("Other"))
    other_id = id_of(other)
    key = Api(app, member.new_key("Everywhere"))
    with app.app_context():
        cut_off(person.access, project.project_id, id_of(key))
    refused = key.get(f"/projects/{project.project_id}").json
    assert (refused["code"], "cut this credential off" in refused["detail"]) == ("forbidden", True)
    created = key.post("/projects", json={"name": "Dome"})
    assert created.status_code == 201
    assert key.get(f"/projects/{created.json['id']}").status_code == 200
    assert key.get("/me").json["credential"]["project_ids"] is None
    assert key.get("/audit").status_code == 200
    assert key.get(f"/keys/{other_id}").status_code == 200
    assert other_id in {row["credential_id"] for row in key.get("/requests?limit=100").json["data"]}


def test_a_token_is_cut_off_as_well(app: Flask, person: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    token = Api(app, Tokens(app).for_resource(member, SETTINGS.get(app).origin, "projects:read", "keys:read"))
    rows = person.api.get(f"/projects/{project.project_id}/credentials").json["data"]
    (grant,) = [row for row in rows if row["kind"] == "oauth_token"]
    assert token.get(f"/projects/{project.project_id}").status_code == 200
    with app.app_context():
        cut_off(person.access, project.project_id, grant["id"])
    assert token.get(f"/projects/{project.project_id}").status_code == 403


def test_only_admins_cut_off_and_only_what_reaches_them(
    app: Flask, person: TestUser, member: TestUser, project: ProjectAndBoard, outsider: TestUser
) -> None:
    own = id_of(person.api)
    with app.app_context():
        with pytest.raises(Forbidden):
            cut_off(member.access, project.project_id, own)
        for stranger in (id_of(outsider.api), "key_nothing", "grn_nothing", ""):
            with pytest.raises(NotFound):
                cut_off(person.access, project.project_id, stranger)
        db.session.query(Membership).filter_by(project_id=project.project_id, user_id=member.person.id).delete()
        db.session.commit()
        with pytest.raises(NotFound):
            cut_off(person.access, project.project_id, id_of(member.api))
        assert find_key(person.access, own).id == own
