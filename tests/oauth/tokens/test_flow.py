"""The flow: a person consents, a code is exchanged once, tokens are valid and expire as they should."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from calmboard.access.secret_format import digest
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import OAuthAccessToken, OAuthCode, OAuthRefreshToken, User
from calmboard.work.people import change_plan
from tests.oauth.conftest import ORIGIN, HostApp, redirect_parameters
from tests.support.users import TestUser, add_project_and_board, add_user

Make = Callable[..., HostApp]


def test_a_person_authorizes_an_application_and_it_reads_their_projects(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    tokens = application.get_tokens()
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == (
        "Bearer",
        3600,
        "projects:read tasks:read tasks:write",
    )
    listed = application.api(tokens["access_token"]).get("/projects")
    assert listed.status_code == 200
    me = application.api(tokens["access_token"]).get("/me").json
    assert (me["credential"]["kind"], me["credential"]["name"]) == ("oauth_token", "Stand-up bot")
    assert me["user"]["id"] == owner.person.id


def test_success_and_refusal_carry_state_and_issuer(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    granted, denied = redirect_parameters(application.decide()), redirect_parameters(application.decide("deny"))
    assert (granted["state"], granted["iss"]) == (denied["state"], denied["iss"]) == ("s-1", ORIGIN)
    assert denied["error"] == "access_denied"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"resource": None}, "invalid_target"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"resource": f"{ORIGIN}/other"}, "invalid_target"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"prompt": "sometimes"}, "invalid_request"),
        ({"prompt": "none"}, "consent_required"),
    ],
)
def test_an_invalid_request_is_redirected_with_an_error(host_app: Make, owner: TestUser, changes: Any, error: str) -> None:
    answer = host_app(owner).become_known().open_consent(**changes)
    assert answer.status_code == 303
    result = redirect_parameters(answer)
    assert (result["error"], result["state"], result["iss"]) == (error, "s-1", ORIGIN)
    assert "code" not in result


@pytest.mark.parametrize(
    "redirect_uri",
    [
        None,
        "",
        "https://app.example/callback/",
        "https://app.example/callback/more",
        "https://app.example/callback?x=1",
        "https://app.example/callback#x",
        "https://app.example:8443/callback",
        "http://app.example/callback",
        "https://APP.example/callback",
        "https://app.example.evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://evil.example/https://app.example/callback",
        "https://app.example/x/../callback",
        "https://app.example\\@evil.example/callback",
        "//app.example/callback",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_not_registered_is_never_called(host_app: Make, owner: TestUser, redirect_uri: str | None) -> None:
    answer = host_app(owner).open_consent(redirect_uri=redirect_uri)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert answer.mimetype == "text/html"


@pytest.mark.parametrize("client_id", [None, "", "cli_00000000000000000000000000", "x" * 5000, "javascript:alert(1)", "%00"])
def test_an_unknown_application_is_never_called(host_app: Make, owner: TestUser, client_id: str | None) -> None:
    answer = host_app(owner).open_consent(client_id=client_id)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize(
    ("registered", "requested", "is_fine"),
    [
        ("http://localhost/callback", "http://localhost:57470/callback", True),
        ("http://127.0.0.1:8765/cb", "http://127.0.0.1:9/cb", True),
        ("http://[::1]/cb", "http://[::1]:8080/cb", True),
        ("http://localhost", "http://localhost:8080/", True),
        ("http://localhost/callback", "http://127.0.0.1/callback", False),
        ("http://localhost/callback", "http://localhost:57470/other", False),
        ("http://localhost/callback", "http://localhost.evil.example:57470/callback", False),
        ("http://localhost/callback", "http://user@localhost:57470/callback", False),
        ("http://127.0.0.1/cb", "http://127.1:9/cb", False),
        ("https://localhost/cb", "https://localhost:8443/cb", False),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback", True),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback2", False),
    ],
)
def test_only_the_port_of_a_loopback_address_may_differ(
    host_app: Make, owner: TestUser, registered: str, requested: str, is_fine: bool
) -> None:
    answer = host_app(owner, redirect_uris=[registered]).open_consent(redirect_uri=requested)
    assert answer.status_code == (200 if is_fine else 400)


def test_somebody_who_is_not_signed_in_comes_back_after_it(app: Flask, host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    answer = app.test_client().get("/api/oauth/authorize", query_string=application.request())
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=")


def test_no_code_without_the_persons_own_click(app: Flask, host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    assert application.open_consent().status_code == 200
    forged = application.browser.post("/api/oauth/authorize", data={**application.request(), "decision": "allow"})
    assert forged.status_code == 400
    assert "Location" not in forged.headers


def test_the_page_says_who_asks_and_what_for(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner, client_name="<img src=x onerror=alert(1)>")
    page = application.open_consent()
    assert "<img src=x" not in page.text
    for words in ("&lt;img src=x", "app.example", application.client_id, "See projects and tasks", "does not know who made"):
        assert words in page.text
    assert "form-action" not in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_a_deselected_right_is_not_granted(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    tokens = application.get_tokens({"right": []})
    assert tokens["scope"] == "projects:read tasks:read"
    widened = application.get_tokens({"right": ["members:write", "keys:write"]})
    assert widened["scope"] == "projects:read tasks:read"


def test_a_grant_may_be_limited_to_projects(app: Flask, host_app: Make, owner: TestUser, outsider: TestUser) -> None:
    inside, outside, foreign = (
        add_project_and_board(app, owner),
        add_project_and_board(app, owner),
        add_project_and_board(app, outsider),
    )
    application = host_app(owner)
    assert application.decide(choices={"reach": "some", "project": [inside.project_id, foreign.project_id]}).status_code == 422
    api = application.api(application.get_tokens({"reach": "some", "project": inside.project_id})["access_token"])
    assert [project["id"] for project in api.get("/projects").json["data"]] == [inside.project_id]
    assert api.get(f"/projects/{outside.project_id}").status_code == 403
    assert api.get(f"/projects/{foreign.project_id}").status_code == 403


@pytest.mark.parametrize("resource", [ORIGIN + "/", ORIGIN.upper(), ORIGIN + "?x=1"])
def test_small_differences_in_the_resource_are_meant_alike(host_app: Make, owner: TestUser, resource: str) -> None:
    application = host_app(owner)
    assert application.api(application.get_tokens(resource=resource)["access_token"]).get("/me").status_code == 200


def test_a_token_for_one_resource_is_refused_by_the_other(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    token = application.get_tokens(resource=f"{ORIGIN}/mcp")["access_token"]
    answer = application.api(token).get("/me")
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code_verifier": "x" * 43}, 400, "invalid_grant"),
        ({"code_verifier": "short"}, 400, "invalid_request"),
        ({"code_verifier": None}, 400, "invalid_request"),
        ({"redirect_uri": "https://app.example/other"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"code": "cbc_" + "0" * 36}, 400, "invalid_grant"),
        ({"code": None}, 400, "invalid_request"),
        ({"client_id": "cli_00000000000000000000000000"}, 401, "invalid_client"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"resource": f"{ORIGIN}/mcp"}, 400, "invalid_target"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "invalid_request"),
    ],
)
def test_what_does_not_fit_uses_up_no_code(host_app: Make, owner: TestUser, changes: Any, status: int, error: str) -> None:
    application = host_app(owner)
    code = application.get_code()
    answer = application.redeem(code, **changes)
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)
    assert answer.headers["Cache-Control"] == "no-store"
    assert application.redeem(code).status_code == 200


def test_a_code_is_worth_nothing_to_another_application(host_app: Make, owner: TestUser) -> None:
    application, thief = host_app(owner), host_app(owner)
    code = application.get_code()
    answer = application.redeem(code, client_id=thief.client_id)
    assert answer.get_json()["error"] == "invalid_grant"
    assert application.redeem(code).status_code == 200


def test_a_code_lives_a_minute(app: Flask, host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    code = application.get_code()
    with app.app_context():
        db.session.execute(
            update(OAuthCode).where(OAuthCode.digest == digest(code)).values(expires_at=now() - timedelta(seconds=1))
        )
        db.session.commit()
    assert application.redeem(code).get_json()["error"] == "invalid_grant"


def test_a_code_used_twice_ends_its_tokens(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    code = application.get_code()
    tokens = application.redeem(code).get_json()
    assert application.redeem(code).get_json()["error"] == "invalid_grant"
    assert application.api(tokens["access_token"]).get("/me").status_code == 401
    assert application.refresh(tokens["refresh_token"]).status_code == 400


def test_a_strangers_replay_ends_nothing(host_app: Make, owner: TestUser) -> None:
    application, other = host_app(owner), host_app(owner)
    code = application.get_code()
    tokens = application.redeem(code).get_json()
    application.redeem(code, client_id=other.client_id)
    application.redeem(code, code_verifier="y" * 43)
    assert application.api(tokens["access_token"]).get("/me").status_code == 200


def test_of_twelve_who_redeem_at_once_one_succeeds(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    code = application.get_code()
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: application.redeem(code).status_code, range(12)))
    assert sorted(statuses) == [200] + [400] * 11


def test_a_refresh_gives_a_new_pair(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    first = application.get_tokens()
    second = application.refresh(first["refresh_token"]).get_json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["scope"] == first["scope"]
    assert application.api(second["access_token"]).get("/me").status_code == 200


def test_of_twelve_who_refresh_at_once_all_get_one_successor(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    token = application.get_tokens()["refresh_token"]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: application.refresh(token), range(12)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.get_json()["refresh_token"] for answer in answers}) == 1
    for answer in answers:
        assert application.api(answer.get_json()["access_token"]).get("/me").status_code == 200


def test_without_a_grace_one_of_twelve_refreshes(make_app: Callable[..., Flask], host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    token = application.get_tokens()["refresh_token"]
    application.app = make_app(refresh_grace_s=0)
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: application.refresh(token).status_code, range(12)))
    assert sorted(statuses) == [200] + [400] * 11


def test_an_old_refresh_token_ends_the_grant_after_the_grace(app: Flask, host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    old = application.get_tokens()["refresh_token"]
    new = application.refresh(old).get_json()
    with app.app_context():
        late = update(OAuthRefreshToken).where(OAuthRefreshToken.digest == digest(old))
        db.session.execute(late.values(rotated_at=now() - timedelta(seconds=61)))
        db.session.commit()
    assert application.refresh(old).get_json()["error"] == "invalid_grant"
    assert application.api(new["access_token"]).get("/me").status_code == 401
    assert application.refresh(new["refresh_token"]).status_code == 400


def test_a_refresh_never_widens_and_a_narrow_one_shrinks_nothing(host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    token = application.get_tokens()["refresh_token"]
    assert application.refresh(token, scope="members:write").get_json()["error"] == "invalid_scope"
    narrow = application.refresh(token, scope="projects:read offline_access").get_json()
    assert narrow["scope"] == "projects:read"
    assert application.refresh(narrow["refresh_token"]).get_json()["scope"] == "projects:read tasks:read tasks:write"


def test_a_refresh_token_belongs_to_its_application(host_app: Make, owner: TestUser) -> None:
    application, thief = host_app(owner), host_app(owner)
    token = application.get_tokens()["refresh_token"]
    assert thief.refresh(token).get_json()["error"] == "invalid_grant"
    assert application.refresh(token).status_code == 200


def test_an_application_that_does_not_want_to_refresh_gets_no_refresh_token(host_app: Make, owner: TestUser) -> None:
    assert "refresh_token" not in host_app(owner, grant_types=["authorization_code"]).get_tokens()


def test_an_access_token_lives_an_hour(app: Flask, host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    token = application.get_tokens()["access_token"]
    with app.app_context():
        over = update(OAuthAccessToken).where(OAuthAccessToken.digest == digest(token))
        db.session.execute(over.values(expires_at=now() - timedelta(seconds=1)))
        db.session.commit()
    assert application.api(token).get("/me").json["code"] == "invalid_token"


def test_a_revoked_token_ends_at_once(app: Flask, host_app: Make, owner: TestUser) -> None:
    application, other = host_app(owner), host_app(owner)
    tokens = application.get_tokens()

    def revoke(client_id: str, token: str) -> int:
        return app.test_client().post("/api/oauth/revoke", data={"client_id": client_id, "token": token}).status_code

    assert revoke(other.client_id, tokens["refresh_token"]) == 200
    assert application.api(tokens["access_token"]).get("/me").status_code == 200
    assert revoke(application.client_id, "unknown") == 200
    assert revoke(application.client_id, tokens["access_token"]) == 200
    assert application.api(tokens["access_token"]).get("/me").status_code == 401
    again = application.refresh(tokens["refresh_token"]).get_json()
    assert revoke(application.client_id, again["refresh_token"]) == 200
    assert application.api(again["access_token"]).get("/me").status_code == 401
    assert application.refresh(again["refresh_token"]).status_code == 400


def test_a_lost_plan_is_403_and_the_token_stays(app: Flask, host_app: Make) -> None:
    person = add_user(app)
    application = host_app(person)
    api = application.api(application.get_tokens()["access_token"])
    with app.app_context():
        change_plan(person.email, "free")
    assert api.get("/projects").json["code"] == "paid_plan_required"
    with app.app_context():
        change_plan(person.email, "pro")
    assert api.get("/projects").status_code == 200


def test_a_removed_member_loses_the_project_at_the_next_request(app: Flask, host_app: Make, owner: TestUser) -> None:
    member = add_user(app)
    project = add_project_and_board(app, owner, member=member)
    application = host_app(member)
    api = application.api(application.get_tokens()["access_token"])
    assert api.get(f"/projects/{project.project_id}").status_code == 200
    assert owner.api.delete(f"/projects/{project.project_id}/members/{member.person.id}").status_code == 204
    assert api.get(f"/projects/{project.project_id}").status_code == 403


def test_a_deleted_person_has_no_tokens(app: Flask, host_app: Make) -> None:
    person = add_user(app)
    application = host_app(person)
    tokens = application.get_tokens()
    with app.app_context():
        db.session.delete(db.session.get_one(User, person.person.id))
        db.session.commit()
    assert application.api(tokens["access_token"]).get("/me").status_code == 401
    assert application.refresh(tokens["refresh_token"]).status_code == 400


def test_tokens_are_kept_as_digests_only(app: Flask, host_app: Make, owner: TestUser) -> None:
    application = host_app(owner)
    code = application.get_code()
    tokens = application.redeem(code).get_json()
    secrets = [code, tokens["access_token"], tokens["refresh_token"], application.registration["registration_access_token"]]
    with app.app_context():
        held = [
            str(tuple(row))
            for table in db.metadata.sorted_tables
            if table.name.startswith("oauth")
            for row in db.session.execute(table.select())
        ]
        db.session.rollback()
    assert held
    assert not [secret for secret in secrets for row in held if secret in row]
