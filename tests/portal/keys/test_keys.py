"""Keys on the page: created, shown once, paused, resumed, revoked; without scripts, and by htmx."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calmboard.access.credentials.key_lists import list_keys
from calmboard.access.credentials.keys import Key
from calmboard.access.plans import PLANS
from calmboard.access.scopes import GRANTABLE
from calmboard.clock import now
from calmboard.pagination import PageRequest
from tests.portal.forms import HTMX, key_form, open_created, send
from tests.support.users import Api, ProjectAndBoard, TestUser, csrf_token

_SECRET = re.compile(r"cbk_[0-9A-Za-z]{36}")
_KEY_ID = re.compile(r"key_[0-9a-z]{26}")
_NEW = "/integrations/keys/new"
_KEYS = "/integrations/keys"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


@pytest.fixture
def browser_of(person: TestUser) -> FlaskClient:
    return person.sign_in()


def _create(browser: FlaskClient, name: str, **changes: object) -> TestResponse:
    return open_created(browser, key_form(name, **changes))


def _keys(app: Flask, person: TestUser) -> list[Key]:
    with app.app_context():
        return [*list_keys(person.access, PageRequest()).rows, *list_keys(person.access, PageRequest(), "revoked").rows]


def _secret(page: TestResponse) -> str:
    text = re.sub(r"<[^>]+>", "", page.text)
    found = _SECRET.search(text)
    assert found
    return found[0]


def test_a_key_is_shown_once_and_works(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    page = _create(browser_of, "Sprint mirror")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert Api(app, _secret(page)).get("/projects").status_code == 200
    assert [key.name for key in _keys(app, person)] == ["Sprint mirror"]


@pytest.mark.database("sqlite")
@pytest.mark.slow
def test_keys_are_made_and_revoked_a_hundred_times_an_hour_at_most(person: TestUser, browser_of: FlaskClient) -> None:
    token = csrf_token(browser_of.get(_NEW))
    for number in range(100):
        created = browser_of.post(_KEYS, data={"csrf_token": token, **key_form(f"Mirror {number}")})
        assert created.status_code == 303
        key_id = _KEY_ID.search(created.location)
        assert key_id
        browser_of.post(f"{_KEYS}/{key_id[0]}/revoke", data={"csrf_token": token, "sure": "yes"})
    refused = browser_of.post(_KEYS, data={"csrf_token": token, **key_form("Mirror")})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert "Those that you have work on, and can be revoked." in refused.text


def test_the_secret_is_on_no_later_page(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    secret = _secret(_create(browser_of, "Sprint mirror"))
    [key] = _keys(app, person)
    for path in ("/integrations", _NEW, f"{_KEYS}/{key.id}/first-use", f"{_KEYS}/{key.id}/revoke", "/account"):
        assert secret not in browser_of.get(path).text
    cookie = browser_of.get_cookie("calmboard_session")
    assert cookie
    assert secret not in cookie.value


def test_the_form_is_filled_in_by_a_link(browser_of: FlaskClient) -> None:
    page = browser_of.get(f"{_NEW}?integration=slack&name=Stand-up&scopes=tasks:write,projects:read&expires=30").text
    assert _chosen(page) == dict.fromkeys(GRANTABLE, "none") | {
        "integration": "slack",
        "projects": "read",
        "tasks": "write",
        "reach": "all",
        "lifetime": "30",
    }
    assert 'value="Stand-up"' in page


@pytest.mark.parametrize("noun", GRANTABLE)
def test_the_form_tells_what_a_right_comes_to(browser_of: FlaskClient, noun: str) -> None:
    page = browser_of.get(f"{_NEW}?scopes={noun}:read")
    assert page.status_code == 200
    assert "Nothing yet. Choose at least one right." not in page.text


def test_errors_are_listed_in_the_order_of_the_form(browser_of: FlaskClient) -> None:
    rights = dict.fromkeys(GRANTABLE, "none")
    page = _create(browser_of, "", integration="", lifetime="date", reach="some", **rights).text
    listed = page.partition('class="error-list"')[2].partition("</ul>")[0]
    assert re.findall(r'href="#(\w+)"', listed) == ["integration", "project_ids", "name", "rights", "last_day"]


def test_keys_can_be_read_by_a_key_and_not_written(browser_of: FlaskClient) -> None:
    page = browser_of.get(f"{_NEW}?scopes=keys:write").text
    assert 'name="keys" value="read"' in page
    assert 'name="keys" value="write"' not in page
    assert _create(browser_of, "Auditor", keys="write", projects="none", boards="none", tasks="none").status_code == 422


def test_a_tool_fills_in_its_rights_without_scripts(browser_of: FlaskClient) -> None:
    form = key_form("Bot", integration="agent", projects="none", boards="none", tasks="none")
    page = send(browser_of, _NEW, _NEW, **form)
    assert _chosen(page.text)["tasks"] == "read"
    assert 'value="Bot"' in page.text


def test_all_errors_are_told_at_once_and_nothing_is_made(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    person.new_key("Sprint mirror")
    today = now().date().isoformat()
    page = _create(browser_of, "sprint mirror", integration="", lifetime="date", last_day=today, reach="some")
    assert page.status_code == 422
    assert "Four things need a second look.</strong> Nothing was created." in page.text
    assert "You already have a key called “sprint mirror”. Add what makes this one different." in page.text
    assert "Choose the tool that will use the key." in page.text
    assert "That is today. Choose" in page.text
    assert "Choose at least one project" in page.text
    assert len(_keys(app, person)) == 1


@pytest.mark.parametrize(
    ("day", "sentence"), [("", "Choose the last day"), ("soon", "Choose the last day"), ("2020-01-31", "That day is over.")]
)
def test_a_last_day_that_cannot_be_used_is_explained(browser_of: FlaskClient, day: str, sentence: str) -> None:
    page = _create(browser_of, "Sprint mirror", lifetime="date", last_day=day)
    assert page.status_code == 422
    assert sentence in page.text


def test_a_key_lives_to_the_end_of_its_last_day(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    day = (now() + timedelta(days=5)).date()
    _create(browser_of, "Sprint mirror", lifetime="date", last_day=day.isoformat())
    [key] = _keys(app, person)
    assert key.expires_at
    assert (key.expires_at.date(), key.expires_at.hour) == (day, 23)


@pytest.mark.parametrize(("lifetime", "days"), [("7", 7), ("365", 365), ("never", None)])
def test_a_key_lives_as_long_as_chosen(
    app: Flask, person: TestUser, browser_of: FlaskClient, lifetime: str, days: int | None
) -> None:
    _create(browser_of, "Sprint mirror", lifetime=lifetime)
    [key] = _keys(app, person)
    lived = key.expires_at and (key.expires_at - key.created_at + timedelta(minutes=1)).days
    assert lived == days


def test_the_preview_says_what_a_key_can_do(owner: TestUser) -> None:
    page = owner.sign_in().get(f"{_KEYS}/preview?tasks=write&projects=none&boards=none&members=none&reach=all").text
    assert re.search(r"Read and change <strong>(more than )?[\d,]+ tasks</strong> in", page)
    assert re.search(r"Cannot see projects, boards, [a-z, ]*sprints[a-z, ]*members or keys", page)


def test_the_preview_counts_sprints(owner: TestUser) -> None:
    page = owner.sign_in().get(f"{_KEYS}/preview?sprints=read&reach=all").text
    assert re.search(r"Read <strong>(more than )?[\d,]+ sprints</strong> in", page)


def test_the_preview_keeps_to_the_role(owner: TestUser, person: TestUser, new_project: Callable[..., ProjectAndBoard]) -> None:
    new_project(owner, viewer=person)
    page = person.sign_in().get(f"{_KEYS}/preview?tasks=write&reach=all").text
    assert "Read and change" not in page
    assert "Cannot change tasks in" in page


def test_pausing_and_resuming_by_forms(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    secret = _secret(_create(browser_of, "Sprint mirror"))
    [key] = _keys(app, person)
    answer = send(browser_of, "/integrations", f"{_KEYS}/{key.id}/pause")
    assert (answer.status_code, answer.location) == (303, "/integrations#keys")
    assert "Sprint mirror is paused." in browser_of.get("/integrations").text
    assert Api(app, secret).get("/me").json["code"] == "api_key_paused"
    send(browser_of, "/integrations", f"{_KEYS}/{key.id}/resume")
    assert Api(app, secret).get("/me").status_code == 200


def test_revoking_needs_the_box(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    secret = _secret(_create(browser_of, "Sprint mirror"))
    path = f"{_KEYS}/{_keys(app, person)[0].id}/revoke"
    answer = send(browser_of, path, path, reason="leaked")
    assert answer.status_code == 422
    assert "Tick the box to revoke the key. Nothing was changed." in answer.text
    assert '<option value="leaked" selected>' in answer.text
    assert Api(app, secret).get("/me").status_code == 200


def test_a_revoked_key_is_refused(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    secret = _secret(_create(browser_of, "Sprint mirror"))
    path = f"{_KEYS}/{_keys(app, person)[0].id}/revoke"
    answer = send(browser_of, path, path, sure="yes", reason="leaked")
    assert answer.location == "/integrations#keys"
    refused = Api(app, secret).get("/me")
    assert (refused.status_code, refused.json["code"]) == (401, "api_key_revoked")


def test_htmx_gets_the_key_that_changed_for_its_place(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    _create(browser_of, "Sprint mirror")
    [key] = _keys(app, person)
    token = csrf_token(browser_of.get("/integrations"))
    part = browser_of.post(f"{_KEYS}/{key.id}/revoke", data={"csrf_token": token, "sure": "yes"}, headers=HTMX)
    assert part.status_code == 200
    assert part.text.lstrip().startswith(f'<article class="key" id="{key.id}"')
    assert re.search(rf'<h3 id="{key.id}-name" tabindex="-1" autofocus>', part.text)
    assert '<hx-partial hx-target="#live">Sprint mirror is revoked.' in part.text
    assert '<hx-partial hx-target="#keys-count">0</hx-partial>' in part.text


def test_htmx_is_told_of_a_failure_above_the_page(browser_of: FlaskClient) -> None:
    answer = browser_of.post(f"{_KEYS}/key_01m86ffkj1eyt9k86t46h61k8b/pause", headers=HTMX)
    assert answer.status_code == 400
    assert answer.headers["HX-Reswap"] == "none"
    assert 'hx-target="#notice"' in answer.text


def test_htmx_is_sent_to_sign_in_where_the_session_has_ended(client: FlaskClient) -> None:
    answer = client.get(f"{_KEYS}/more", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/sign-in")


def test_waiting_ends_with_the_first_request(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    secret = _secret(_create(browser_of, "Sprint mirror"))
    path = f"{_KEYS}/{_keys(app, person)[0].id}/first-use"
    assert browser_of.get(path, headers=HTMX).status_code == 204
    Api(app, secret).get("/me")
    assert "GET /me, 200" in browser_of.get(path, headers=HTMX).text


def test_a_key_too_many_is_nobodys_fault_and_told_why(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    for number in range(PLANS["pro"].max_keys):
        person.new_key(f"Key {number}")
    answer = _create(browser_of, "One more")
    assert answer.status_code == 409
    assert "<h1>Not as things stand</h1>" in answer.text
    assert "Revoke one that nothing uses any more." in answer.text

    path = f"{_KEYS}/{_keys(app, person)[0].id}/revoke"
    send(browser_of, path, path, sure="yes")
    assert "One more" in _create(browser_of, "One more").text


def test_the_form_says_first_that_the_plan_holds_no_more_keys(person: TestUser, browser_of: FlaskClient) -> None:
    max_keys = PLANS["pro"].max_keys
    for number in range(max_keys):
        person.new_key(f"Key {number}")
    for page in (browser_of.get(_NEW).text, browser_of.get("/integrations").text):
        assert page.index("50 of 50 keys.") < page.index('class="with-preview"' if 'id="key-form"' in page else 'class="key"')
        assert "Revoke one that nothing uses any more" in page
        assert f"Business, which holds {PLANS['business'].max_keys}" in page


def test_the_count_of_keys_is_shown_near_the_limit_alone(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    for number in range(44):
        person.new_key(f"Key {number}")
    assert "of 50 keys" not in browser_of.get(_NEW).text
    person.new_key("One more")
    form = {"csrf_token": csrf_token(browser_of.get(_NEW)), "sure": "yes"}
    assert "45 of 50 keys." in browser_of.get(_NEW).text
    changed = browser_of.post(f"{_KEYS}/{_keys(app, person)[0].id}/revoke", data=form, headers=HTMX).text
    assert 'hx-target="#keys-limit"' in changed
    assert "of 50 keys" not in changed


def test_the_projects_are_asked_for_before_the_rights(browser_of: FlaskClient) -> None:
    page = browser_of.get(_NEW).text
    order = [page.index(part) for part in ('id="integration"', 'id="project_ids"', 'id="name"', 'id="rights"', 'id="lifetime"')]
    assert order == sorted(order)


def test_another_tool_fills_in_its_rights_without_scripts(browser_of: FlaskClient) -> None:
    page = send(browser_of, _NEW, _NEW, **key_form("Sprint mirror", integration="slack")).text

    assert 'value="Sprint mirror"' in page
    assert re.search(r'value="slack"[^>]* checked', page)


def test_a_name_too_long_is_said_beside_the_name(browser_of: FlaskClient) -> None:
    answer = _create(browser_of, "x" * 81)

    assert answer.status_code == 422
    assert re.search(r'id="name-error".*?81 characters long\. Use at most 80\.', answer.text, re.DOTALL)


def test_a_reason_that_is_not_in_the_list_revokes_nothing(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    secret = _secret(_create(browser_of, "Sprint mirror"))
    path = f"{_KEYS}/{_keys(app, person)[0].id}/revoke"
    answer = send(browser_of, path, path, sure="yes", reason="boredom")
    assert answer.status_code == 422
    assert "<h1>Not one of the choices</h1>" in answer.text
    assert Api(app, secret).get("/me").status_code == 200


@pytest.mark.parametrize("act", ["pause", "resume", "revoke"])
def test_the_keys_of_others_cannot_be_touched(
    app: Flask, new_user: Callable[..., TestUser], browser_of: FlaskClient, act: str
) -> None:
    other = new_user()
    other.new_key("Theirs")
    (theirs,) = _keys(app, other)
    answer = send(browser_of, _NEW, f"{_KEYS}/{theirs.id}/{act}", sure="yes")
    assert answer.status_code == 403
    assert "The key belongs to somebody else." in answer.text
    (theirs,) = _keys(app, other)
    assert theirs.status(now()) == "active"


@pytest.mark.parametrize("path", ["revoke", "first-use"])
def test_a_key_that_is_not_there_is_a_page_that_says_so(browser_of: FlaskClient, path: str) -> None:
    answer = browser_of.get(f"{_KEYS}/key_01m86ffkj1eyt9k86t46h61k8b/{path}")
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


def test_a_key_of_a_free_plan_can_be_revoked(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user(plan="free")
    secret = person.new_key("From before")
    browser = person.sign_in()
    assert Api(app, secret).get("/me").json["code"] == "paid_plan_required"
    assert "Waiting for a paid plan" in browser.get("/integrations").text
    path = f"{_KEYS}/{_keys(app, person)[0].id}/revoke"
    send(browser, path, path, sure="yes")
    assert Api(app, secret).get("/me").json["code"] == "api_key_revoked"


def test_a_free_plan_gets_no_form(new_user: Callable[..., TestUser]) -> None:
    browser = new_user(plan="free").sign_in()
    assert browser.get(_NEW).location == "/integrations#keys"
    page = browser.get("/integrations").text
    assert "Create a key" not in page
    assert "With your Free plan" in page


def test_a_free_plan_cannot_post_the_form_either(app: Flask, new_user: Callable[..., TestUser]) -> None:
    person = new_user(plan="free")
    answer = send(person.sign_in(), "/account", _KEYS, **key_form("Sprint mirror"))
    assert answer.status_code == 403
    assert _keys(app, person) == []


def _chosen(page: str) -> dict[str, str]:
    """The chosen radio button of each group."""
    inputs = re.findall(r"<input[^>]*type=\"radio\"[^>]*>", page)
    chosen = [button for button in inputs if " checked" in button]
    return {_attribute(button, "name"): _attribute(button, "value") for button in chosen}


def _attribute(element: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', element)
    assert found
    return found[1]
