"""Sending a request from the reference, in Chromium: the key of one click, the answer, the API's errors, the question."""

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from calmboard.access.credentials.key_life.trial_keys import NAME
from calmboard.access.credentials.keys import revoke_key
from calmboard.work.practice.board import Practice, make_practice
from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_LOOKS: list[Look] = [("light", 1280), ("dark", 360)]
_KEY = re.compile(r"cbk_[0-9A-Za-z]{36}")


@pytest.fixture
def practice(app: Flask, person: TestUser) -> Practice:
    with app.app_context():
        return make_practice(person.access)


def _open(page: Page, path: str) -> Page:
    """The form in its own page, with a key made by one click."""
    page.goto(path)
    page.get_by_role("button", name="Use a key for 10 minutes").click()
    expect(page.get_by_role("button", name="Send the request")).to_be_focused()
    return page


def _send(page: Page, status: str) -> None:
    page.get_by_role("button", name="Send the request").click()
    expect(page.locator("[data-status]")).to_have_text(status)


def _confirm(page: Page, status: str) -> None:
    page.get_by_role("button", name="Send the request").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Send ")).click()
    expect(page.locator("[data-status]")).to_have_text(status)


def test_one_click_makes_the_key_that_the_request_is_sent_with(page_for: Pages, person: TestUser) -> None:
    page = _open(page_for(person), "/docs/api/projects/list-projects")
    with page.expect_request("**/api/v1/**") as sent:
        _send(page, "200 OK")
    request = sent.value
    key = request.headers["authorization"].removeprefix("Bearer ")
    assert _KEY.fullmatch(key)
    assert "cookie" not in request.all_headers()
    stored = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage}) + document.cookie + location.href")
    assert key not in stored + page.content()
    page.reload()
    expect(page.get_by_role("button", name="Use a key for 10 minutes")).to_be_visible()
    assert key not in page.content()


def test_the_key_is_ended_by_another_click(page_for: Pages, person: TestUser) -> None:
    page = _open(page_for(person), "/docs/api/projects/list-projects")
    expect(page.get_by_text(f"Uses “{NAME}”, which ends at")).to_be_visible()
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_role("button", name="Use a key for 10 minutes")).to_be_focused()
    expect(page.locator("#live")).to_have_text("The key has ended.")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("Use a key for ten minutes, or paste one.")).to_be_visible()
    expect(page.get_by_label("API key", exact=True)).to_be_focused()
    page.goto("/integrations")
    expect(page.locator("#keys")).to_contain_text("One revoked key")


def test_a_key_that_was_ended_elsewhere_is_used_no_more(page_for: Pages, person: TestUser) -> None:
    page = _open(page_for(person), "/docs/api/projects/list-projects")
    [key] = [one for one in person.api.get("/keys").json["data"] if one["name"] == NAME]
    with person.app.app_context():
        revoke_key(person.access, key["id"])
    _send(page, "401 Unauthorized")
    expect(page.get_by_role("button", name="Use a key for 10 minutes")).to_be_visible()


def test_a_session_that_ended_makes_no_key_and_says_so(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/docs/api/me/read-me")
    page.context.clear_cookies()
    page.get_by_role("button", name="Use a key for 10 minutes").click()
    expect(page.locator(".try .error")).to_contain_text("Your session has ended")


def test_a_key_with_another_right_is_not_used(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/docs/api/projects")
    for name in ("list-projects", "create-project"):
        page.locator(f"#{name}-offer a").click()
        expect(page.locator(f"#{name}-try-title")).to_be_focused()
    reading, writing = page.locator("#list-projects-try"), page.locator("#create-project-try")
    reading.get_by_role("button", name="Use a key for 10 minutes").click()
    expect(reading.get_by_role("button", name="End it now")).to_be_visible()
    expect(writing.get_by_role("button", name="Use a key for 10 minutes")).to_be_visible()
    writing.get_by_role("button", name="Use a key for 10 minutes").click()
    expect(reading.get_by_role("button", name="End it now")).to_be_visible()


def test_the_answer_shows_status_headers_and_lines(page_for: Pages, person: TestUser) -> None:
    page = _open(page_for(person, width=360), "/docs/api/projects/list-projects")
    _send(page, "200 OK")
    answer = page.get_by_role("region", name="Answer to GET /projects")
    headers = page.locator("[data-headers]")
    expect(headers).to_contain_text("x-request-id: req_")
    expect(headers).to_contain_text("ratelimit: ")
    text = page.locator("[data-text]").text_content() or ""
    assert json.loads(text) == person.api.get("/projects?limit=10").json
    assert page.locator("[data-text] .code-line").count() == len(text.split("\n")) > 5
    assert (
        page.locator("[data-text] .code-line").nth(1).bounding_box()
        != page.locator("[data-text] .code-line").nth(2).bounding_box()
    )
    expect(answer).to_have_attribute("tabindex", "0")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_hostile_text_in_an_answer_stays_text(page_for: Pages, person: TestUser) -> None:
    name = "<img src=x onerror=alert(1)>" + "w" * 70
    person.api.post("/projects", json={"name": name})
    page = _open(page_for(person, width=360), "/docs/api/projects/list-projects")
    _send(page, "200 OK")
    expect(page.locator("[data-text]")).to_contain_text(name)
    assert page.locator("[data-text] img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_errors_of_the_api_stand_beside_their_fields(page_for: Pages, person: TestUser, practice: Practice) -> None:
    page = _open(page_for(person), "/docs/api/tasks/create-task")
    page.get_by_label("title string, needed").fill("x" * 201)
    page.get_by_text("Body: 12 more").click()
    page.get_by_label("position", exact=False).fill("2000000")
    page.get_by_text("Body: 12 more").click()
    _confirm(page, "422 Unprocessable Entity")
    for name in ("title", "position"):
        field = page.locator(f'[data-field="body.{name}"]')
        expect(field.locator(".error")).to_be_visible()
        expect(field.locator("input")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("title string, needed")).to_be_focused()
    assert find_barriers(page, _LOOKS) == {}
    page.get_by_label("title string, needed").fill("Short")
    page.get_by_label("position", exact=False).fill("")
    _confirm(page, "201 Created")
    expect(page.locator(".try .error")).to_have_count(0)


def test_errors_of_parameters_stand_beside_them(page_for: Pages, person: TestUser, practice: Practice) -> None:
    page = _open(page_for(person), "/docs/api/tasks/list-tasks")
    page.get_by_label("limit").fill("500")
    _send(page, "400 Bad Request")
    expect(page.locator('[data-field="query.limit"] .error')).to_be_visible()
    expect(page.get_by_label("limit")).to_be_focused()


def test_what_is_not_there_is_said_at_the_path(page_for: Pages, person: TestUser) -> None:
    page = _open(page_for(person), "/docs/api/tasks/read-task")
    page.locator('[name="path.task_id"]').fill("tsk_nothing")
    _send(page, "404 Not Found")
    expect(page.locator('[data-field="path.task_id"] .error')).to_contain_text("tsk_nothing")
    expect(page.locator('[name="path.task_id"]')).to_be_focused()


def test_a_part_of_the_path_that_is_empty_is_asked_for_before_anything_is_sent(page_for: Pages, person: TestUser) -> None:
    page = _open(page_for(person), "/docs/api/tasks/delete-task")
    page.locator('[name="path.task_id"]').fill("")
    page.get_by_role("button", name="Send the request").click()
    expect(page.locator('[data-field="path.task_id"] .error')).to_have_text("Fill in task_id: it is a part of the address.")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_after_ten_minutes_the_key_is_used_no_more(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.clock.install()
    _open(page, "/docs/api/projects/list-projects")
    page.clock.fast_forward("09:59")
    expect(page.get_by_role("button", name="End it now")).to_be_visible()
    page.clock.fast_forward("00:02")
    expect(page.get_by_role("button", name="Use a key for 10 minutes")).to_be_visible()


def test_a_question_that_does_not_come_is_told_beside_the_button(page_for: Pages, person: TestUser, practice: Practice) -> None:
    page = _open(page_for(person), "/docs/api/tasks/delete-task")
    page.route("**/question?*", lambda route: route.fulfill(status=503, body=""))
    page.get_by_role("button", name="Send the request").click()
    expect(page.locator(".try .failure")).to_contain_text("CalmBoard did not answer.")
    page.unroute("**/question?*")
    page_for.errors.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("dialog", name="Delete a task?")).to_be_visible()


def test_what_is_sent_is_what_the_lines_say(page_for: Pages, person: TestUser, practice: Practice) -> None:
    page = _open(page_for(person), "/docs/api/tasks/create-task")
    page.get_by_label("title string, needed").fill("It's “here”")
    page.get_by_text("Body: 12 more").click()
    page.locator('[name="body.state"]').select_option("ready")
    page.locator('[name="body.blocked"]').select_option("false")
    page.locator('[name="body.position"]').fill("0")
    page.locator('[name="body.assignees"]').fill("me, me")
    page.locator('[name="body.sprint_id"]').fill("null")
    page.get_by_role("button", name="Show as curl").click()
    lines = page.locator("#create-task-try-lines").text_content() or ""
    [body] = re.findall(r"-d '(.*)'$", lines)
    with page.expect_request("**/api/v1/**") as sent:
        _confirm(page, "201 Created")
    assert sent.value.post_data
    assert json.loads(sent.value.post_data) == json.loads(body)
    assert sent.value.url in lines


def test_the_body_is_edited_as_json_and_back(page_for: Pages, person: TestUser, practice: Practice) -> None:
    page = _open(page_for(person), "/docs/api/tasks/create-task")
    fold, area = page.get_by_text("Edit the body as JSON"), page.get_by_label("Body", exact=True)
    fold.click()
    expect(area).to_have_value('{\n  "title": "Refund partial captures"\n}')
    area.fill('{"title": ')
    fold.click()
    expect(page.get_by_text("This cannot be read as JSON.")).to_be_visible()
    area.fill('{"title": "From JSON", "labels": ["a", "b"], "pinned": true}')
    fold.click()
    expect(page.get_by_label("title string, needed")).to_have_value("From JSON")
    expect(page.locator('[name="body.labels"]')).to_have_value("a, b")
    expect(page.locator('[name="body.pinned"]')).to_have_value("true")
    fold.click()
    for only_json, sentence in (('{"title": "T", "colour": "red"}', "No field holds colour"), ("[]", "an object only")):
        area.fill(only_json)
        fold.click()
        expect(page.get_by_text(sentence)).to_be_visible()
        expect(area).to_have_value(only_json)


def test_what_changes_something_asks_in_our_own_dialog_and_names_it(
    page_for: Pages, person: TestUser, practice: Practice
) -> None:
    page = _open(page_for(person), "/docs/api/tasks/delete-task")
    title = person.api.get(f"/tasks/{practice.task_id}").json["title"]
    page.get_by_role("button", name="Send the request").click()
    dialog = page.get_by_role("dialog", name="Delete a task?")
    expect(dialog).to_contain_text(f"The task is “{title}”.")
    expect(dialog).to_contain_text("It is deleted for good")
    expect(dialog.get_by_role("button", name="Do not send")).to_be_focused()
    assert find_barriers(page, _LOOKS) == {}
    dialog.get_by_role("button", name="Do not send").click()
    expect(page.get_by_role("button", name="Send the request")).to_be_focused()
    assert person.api.get(f"/tasks/{practice.task_id}").status_code == 200
    _confirm(page, "204 No Content")
    assert person.api.get(f"/tasks/{practice.task_id}").status_code == 404


def test_a_file_is_sent(page_for: Pages, person: TestUser, practice: Practice) -> None:
    page = _open(page_for(person), "/docs/api/attachments/create-attachment")
    page.locator("[type=file]").set_input_files({"name": "note.txt", "mimeType": "text/plain", "buffer": b"Measured."})
    _confirm(page, "201 Created")
    expect(page.locator("[data-text]")).to_contain_text('"size_bytes": 9')


def test_a_pasted_key_is_used_in_every_form_of_the_page(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/docs/api/projects")
    for name in ("list-projects", "create-project"):
        page.locator(f"#{name}-offer a").click()
        expect(page.locator(f"#{name}-try-title")).to_be_focused()
    page.locator("#list-projects-key").fill(person.key)
    expect(page.locator("#create-project-key")).to_have_value(person.key)
    page.locator("#list-projects-try").get_by_role("button", name="Send the request").click()
    expect(page.locator("#list-projects-try [data-status]")).to_have_text("200 OK")


def test_a_key_of_one_click_takes_the_place_of_a_pasted_one(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/docs/api/projects/list-projects")
    page.get_by_label("API key", exact=True).fill(person.key)
    page.get_by_role("button", name="Use a key for 10 minutes").click()
    expect(page.get_by_label("API key", exact=True)).to_be_hidden()
    with page.expect_request("**/api/v1/**") as sent:
        _send(page, "200 OK")
    assert person.key not in sent.value.headers["authorization"]


def test_without_script_the_form_gives_lines_to_copy(page_for: Pages, owner: TestUser) -> None:
    page = page_for(owner, javascript=False)
    page.goto("/docs/api/tasks#create-task")
    page.locator("#create-task-offer a").click()
    assert page.url.endswith("/docs/api/tasks/create-task")
    expect(page.get_by_role("button", name="Send the request")).to_be_hidden()
    expect(page.get_by_label("API key", exact=True)).to_be_hidden()
    page.get_by_label("title string, needed").fill("Typed by hand")
    page.get_by_role("button", name="Show as curl").click()
    expect(page.locator("#create-task-try-lines")).to_contain_text("Typed by hand")
    expect(page.get_by_label("title string, needed")).to_have_value("Typed by hand")


@pytest.mark.parametrize("plan", ["pro", "free", None])
def test_a_form_has_no_barriers(page_for: Pages, new_user: Callable[..., TestUser], plan: str | None) -> None:
    page = page_for(new_user(plan=plan) if plan else None)
    page.goto("/docs/api/tasks/list-tasks")
    for fold in page.locator(".try summary").all():
        fold.click()
    page.get_by_role("button", name="Show as curl").click()
    expect(page.locator("#list-tasks-try-lines")).to_be_visible()
    assert find_barriers(page, [*_LOOKS, ("light", 768)]) == {}


def test_a_form_that_offers_a_practice_board_has_no_barriers(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/docs/api/tasks/change-task")
    expect(page.get_by_role("button", name="Make a practice board")).to_be_visible()
    assert find_barriers(page, _LOOKS) == {}


def test_an_opened_form_in_a_page_has_no_barriers(page_for: Pages, person: TestUser) -> None:
    page = page_for(person)
    page.goto("/docs/api/projects")
    page.locator("#create-project-offer a").click()
    expect(page.locator("#create-project-try-title")).to_be_focused()
    page.get_by_text("Edit the body as JSON").click()
    page.locator("#create-project-try").get_by_role("button", name="Use a key for 10 minutes").click()
    expect(page.get_by_role("button", name="End it now")).to_be_visible()
    assert find_barriers(page, _LOOKS) == {}
