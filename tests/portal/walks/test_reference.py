"""A developer reads the API reference: finds an endpoint, tries it with a key of one click, and changes nothing by accident."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from calmboard.work.practice.board import make_practice
from tests.support.clients.browser import Pages
from tests.support.users import TestUser

_WIDTHS = [1280, 360]


@pytest.mark.parametrize("width", _WIDTHS)
def test_from_a_word_to_an_answer(app: Flask, page_for: Pages, person: TestUser, width: int) -> None:
    with app.app_context():
        make_practice(person.access)
    page = page_for(person, width=width)
    _find(page, "list the tasks of a board")
    _try_list_tasks(page)
    _is_within(page, width)
    _change_nothing_by_accident(page, person)
    page.get_by_role("button", name="End it now").first.click()
    expect(page.get_by_role("button", name="Use a key for 10 minutes").first).to_be_focused()


def _find(page: Page, words: str) -> None:
    page.goto("/docs/api")
    page.get_by_label("Find an endpoint", exact=True).locator("visible=true").fill(words)
    page.locator("#search-results").get_by_role("link", name="List the tasks of a board").click()
    expect(page.locator("#list-tasks-title")).to_be_in_viewport()
    assert page.url.endswith("/docs/api/tasks#list-tasks")


def _try_list_tasks(page: Page) -> None:
    """The allowed values are boxes, the key comes by one click, the answer stands in lines."""
    page.locator("#list-tasks-offer a").click()
    trial = page.locator("#list-tasks-try")
    trial.get_by_role("button", name="Use a key for 10 minutes").click()
    expect(trial.get_by_role("button", name="End it now")).to_be_visible()
    trial.get_by_text("Query: 21 more").click()
    trial.locator('[data-field="query.state"]').get_by_text("ready", exact=True).click()
    trial.get_by_role("button", name="Send the request").click()
    expect(trial.locator("[data-status]")).to_have_text("200 OK")
    assert trial.locator("[data-text] .code-line").count() > 4


def _is_within(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == width


def _change_nothing_by_accident(page: Page, person: TestUser) -> None:
    page.locator("#delete-task-offer a").click()
    trial = page.locator("#delete-task-try")
    trial.get_by_role("button", name="Use a key for 10 minutes").click()
    expect(trial.get_by_role("button", name="End it now")).to_be_visible()
    trial.get_by_role("button", name="Send the request").click()
    dialog = page.get_by_role("dialog", name="Delete a task?")
    expect(dialog).to_contain_text(re.compile("The task is “.+”"))
    dialog.get_by_role("button", name="Do not send").click()
    expect(trial.locator("[data-answer]")).to_be_hidden()
    task_id = trial.locator('[name="path.task_id"]').input_value()
    assert person.api.get(f"/tasks/{task_id}").status_code == 200
