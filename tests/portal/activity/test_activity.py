"""The page of the log: each call with its decision, filters, further and newer calls."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask

from calmboard import ids
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import RequestLogGap
from tests.portal.forms import HTMX
from tests.support.clients.markup import find_repairs, text_of
from tests.support.logged import add_call
from tests.support.users import Api, TestUser

_PAGE = "/integrations/activity"


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def rows(text: str) -> list[str]:
    """What the rows of the log say, closed."""
    summaries = re.findall(r"<summary[^>]*>(.*?)</summary>", text.partition('id="calls">')[2], re.DOTALL)
    plain = [unescape(" ".join(re.sub(r"<[^>]+>", "", summary).split())) for summary in summaries]
    return [row for row in plain if row != "As curl"]


def follow_url(text: str) -> str:
    [address] = re.findall(r'data-poll="([^"]+)"', text)
    return unescape(address)


def test_a_call_stands_there_with_what_was_decided(person: TestUser) -> None:
    person.api.get("/me", headers={"User-Agent": "stand-up/2.1"})
    [row] = rows(person.sign_in().get(_PAGE).text)
    assert re.fullmatch(r"\d\d:\d\d:\d\d GET /me Everything Passed all checks 200 OK", row)


def test_the_calls_of_all_keys_are_counted_above_them(app: Flask, person: TestUser) -> None:
    person.api.get("/me")
    Api(app, person.new_key("Another")).get("/projects/nothing")
    browser = person.sign_in()
    assert "2 in 30 days, 1 not answered" in text_of(browser.get(_PAGE).text)
    assert "in 30 days" not in text_of(browser.get(f"{_PAGE}?outcome=answered").text)


def test_a_refusal_shows_the_step_and_what_helps(app: Flask, person: TestUser) -> None:
    Api(app, person.new_key("Reads", "tasks:read")).get("/projects")
    page = person.sign_in().get(_PAGE).text
    assert "Stopped at Scope 403 insufficient_scope" in rows(page)[0]
    assert page.count("Not reached") == 2
    assert "projects:read" in page.partition("To let this through")[2]


def test_a_row_leads_to_its_key_and_to_curl_without_a_secret(app: Flask, person: TestUser) -> None:
    secret = person.new_key("Deploy")
    key_id = Api(app, secret).get("/me").json["credential"]["id"]
    Api(app, secret).delete("/tasks/tsk_01m86ffkj1eyt9k86t46h61k8b?why=secret-value")
    page = unescape(re.sub(r"</?(span|wbr)[^>]*>", "", person.sign_in().get(_PAGE).text))
    assert f'href="/integrations/keys/{key_id}">Deploy</a>' in page
    assert "curl -X DELETE" in page
    assert "/api/v1/tasks/TASK_ID \\\n" in page
    assert "Bearer $CALMBOARD_API_KEY" in page
    for kept_out in (secret, "secret-value", "tsk_01m86ffkj1eyt9k86t46h61k8b"):
        assert kept_out not in page


@pytest.mark.parametrize(
    ("query", "routes"),
    [
        ("outcome=refused", ["/tasks/{task_id}"]),
        ("outcome=answered", ["/projects", "/me"]),
        ("step=input", ["/tasks/{task_id}"]),
        ("status=404", ["/tasks/{task_id}"]),
        ("call=/projects", ["/projects"]),
        ("call=GET+/api/v1/projects", ["/projects"]),
        ("call=/tasks/{task_id}", ["/tasks/{task_id}"]),
        ("call=/tasks/tsk_01m86ffkj1eyt9k86t46h61k8b", ["/tasks/{task_id}"]),
        ("call=request-4711", ["/projects"]),
        ("call=POST+/projects", []),
        ("call=list_projects", []),
        ("since=2999-01-01T00:00", []),
        ("until=2999-01-01T00:00", ["/me", "/projects", "/tasks/{task_id}"]),
    ],
)
def test_a_filter_in_the_address_finds_what_it_names(person: TestUser, query: str, routes: list[str]) -> None:
    person.api.get("/me")
    person.api.get("/projects", headers={"X-Request-Id": "request-4711"})
    person.api.get("/tasks/tsk_01m86ffkj1eyt9k86t46h61k8b")
    answer = person.sign_in().get(f"{_PAGE}?{query}")
    assert answer.status_code == 200
    assert sorted(row.split()[2] for row in rows(answer.text)) == sorted(routes)


def test_a_key_is_found_by_name_also_when_it_is_revoked(app: Flask, person: TestUser) -> None:
    lost = Api(app, person.new_key("Lost"))
    key_id = lost.get("/me").json["credential"]["id"]
    lost.delete(f"/keys/{key_id}")
    person.api.get("/projects")
    page = person.sign_in().get(f"{_PAGE}?credential={key_id}").text
    assert f'<option value="{key_id}" selected>Lost</option>' in page
    assert len(rows(page)) == 2


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("credential=%00%FF", "Choose one of your keys or apps"),
        ("outcome=maybe", "Choose answered or refused."),
        ("step=moon", "Choose one of the steps"),
        ("status=9e9", "A status has three digits"),
        ("call=<script>", "Give a route such as"),
        ("since=yesterday", "Give a day and a time"),
        ("until=0001-01-01T00:00%2B14:00", "Give a day and a time"),
        ("call=/%F0%9F%98%80/{}[", "Give a route such as"),
    ],
)
def test_what_a_filter_cannot_mean_is_named(person: TestUser, query: str, sentence: str) -> None:
    person.api.get("/me")
    browser = person.sign_in()
    page = browser.get(f"{_PAGE}?{query}")
    assert page.status_code == 400
    assert sentence in page.text
    assert find_repairs(page.text) == []
    assert browser.get(f"{_PAGE}.csv?{query}").status_code == 400


@pytest.mark.parametrize("field", ["call", "status", "credential", "since"])
def test_a_whole_key_in_a_filter_leaves_the_address_and_is_told(person: TestUser, field: str) -> None:
    browser = person.sign_in()
    led = browser.get(f"{_PAGE}?outcome=refused&{field}={person.key}")
    assert (led.status_code, led.location) == (303, f"{_PAGE}?outcome=refused")
    page = browser.get(led.location).text
    assert "A whole key does not belong in a search box" in page
    assert person.key not in page


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59", "9999-12-31T23:59:59Z", "1969-12-31T00:00Z"])
@pytest.mark.parametrize("path", [_PAGE, "/account/audit"])
def test_a_time_that_no_clock_shows_is_named(person: TestUser, path: str, at: str, zone: str) -> None:
    browser = person.sign_in()
    browser.set_cookie("calmboard_timezone", zone)
    for field in ("since", "until"):
        page = browser.get(path, query_string={field: at})
        assert page.status_code == 400
        assert "Give a day and a time" in page.text


def test_times_are_those_of_the_reader(person: TestUser) -> None:
    person.api.get("/me")
    browser = person.sign_in()
    browser.set_cookie("calmboard_timezone", "Asia/Tokyo")
    page = browser.get(f"{_PAGE}?since=2020-01-01T09:00").text
    assert "times in Asia/Tokyo" in page
    assert 'value="2020-01-01T09:00"' in page


def test_older_calls_come_behind_the_last(person: TestUser) -> None:
    for _ in range(27):
        person.api.get("/me")
    person.api.get("/projects")
    browser = person.sign_in()
    first = browser.get(f"{_PAGE}?call=/me").text
    part = re.search(r'data-hx-get="([^"]+)"', first.partition('id="calls"')[2])
    assert part
    more = browser.get(unescape(part[1]), headers=HTMX).text
    assert (len(rows(first)), more.count('class="call"')) == (25, 2)
    assert "Two more calls shown." in more
    assert browser.get(unescape(part[1])).location.startswith(f"{_PAGE}?call=")


def test_newer_calls_are_put_on_top_and_counted(person: TestUser) -> None:
    browser = person.sign_in()
    key_id = person.api.get("/me").json["credential"]["id"]
    follow = follow_url(browser.get(_PAGE).text)
    assert browser.get(follow, headers=HTMX).status_code == 204
    for _ in range(2):
        add_call(person, key_id)
    part = browser.get(follow, headers=HTMX).text
    assert part.count('class="call"') == 2
    assert "Two new calls." in part
    assert browser.get(follow_url(part), headers=HTMX).status_code == 204
    assert browser.get(f"{follow}&outcome=refused", headers=HTMX).status_code == 204
    assert browser.get(f"{_PAGE}/newer?newer_than=nonsense", headers=HTMX).status_code == 204
    assert browser.get(f"{_PAGE}/newer").status_code == 303


def test_a_call_that_took_long_comes_behind_a_later_one_that_is_shown(person: TestUser) -> None:
    browser = person.sign_in()
    key_id = person.api.get("/me").json["credential"]["id"]
    shown = add_call(person, key_id, at=now() - timedelta(seconds=3))
    follow = follow_url(browser.get(_PAGE).text)
    late = add_call(person, key_id, at=now() - timedelta(seconds=20))
    part = browser.get(follow, headers=HTMX).text
    assert f'id="{late}"' in part
    assert f'id="{shown}"' not in part
    assert "One new call." in part


def test_following_ends_with_the_session_and_says_so(app: Flask, person: TestUser) -> None:
    part = app.test_client().get(f"{_PAGE}/newer?newer_than={ids.first_id('req', now())}", headers=HTMX)
    assert part.status_code == 200
    assert "Your session ended," in part.text
    assert "data-poll" not in part.text


def test_nothing_yet_and_nothing_found_differ(person: TestUser) -> None:
    browser = person.sign_in()
    assert "No calls yet" in browser.get(_PAGE).text
    assert "No call is like that." in browser.get(f"{_PAGE}?status=404").text


def test_the_use_of_a_revoked_key_is_told(app: Flask, person: TestUser) -> None:
    lost = Api(app, person.new_key("Lost"))
    lost.delete(f"/keys/{lost.get('/me').json['credential']['id']}")
    lost.get("/projects")
    page = person.sign_in().get(_PAGE).text
    assert "Somebody used a revoked key of yours, from 127.0.0.1" in page
    assert "nearly one of yours" not in page


def test_a_mistyped_key_is_told(app: Flask, person: TestUser) -> None:
    secret = person.new_key("Typed by hand")
    Api(app, f"{secret[:10]}{'a' if secret[10] != 'a' else 'b'}{secret[11:]}").get("/projects")
    page = person.sign_in().get(_PAGE).text
    assert "Somebody sent a key that is nearly one of yours" in page
    assert "Typed by hand" in page


def test_a_time_of_which_calls_are_missing_is_named(app: Flask, person: TestUser) -> None:
    with app.app_context():
        gap = RequestLogGap(id=ids.new_id("gap"), began_at=now(), ended_at=now())
        db.session.add(gap)
        db.session.commit()
        page = person.sign_in().get(_PAGE).text
        db.session.delete(gap)
        db.session.commit()
    assert re.search(r"Some calls between \d\d:\d\d and \d\d:\d\d are missing here\.", page)


def test_nobody_sees_the_calls_of_another(app: Flask, person: TestUser, outsider: TestUser) -> None:
    key_id = person.api.get("/me").json["credential"]["id"]
    page = outsider.sign_in().get(f"{_PAGE}?credential={key_id}").text
    assert rows(page) == []
    assert "Everything</option>" not in page.partition(key_id)[2][:200]


def test_the_page_is_for_those_who_are_signed_in(app: Flask) -> None:
    for path in (_PAGE, f"{_PAGE}/more", f"{_PAGE}/newer", f"{_PAGE}.csv", f"{_PAGE}.jsonl"):
        assert app.test_client().get(path).status_code == 303
