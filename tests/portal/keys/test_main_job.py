"""The main job in a browser: create a key, copy the lines, run them, revoke the key, run them again."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.clients.browser import Pages
from tests.support.servers.programs import find_program
from tests.support.users import ProjectAndBoard, TestUser

pytestmark = pytest.mark.every_database


@pytest.mark.main_job
def test_create_copy_run_revoke(page_for: Pages, person_with_task: TestUser) -> None:
    page = page_for()
    _sign_in(page, person_with_task)
    page.get_by_role("link", name="Create a key").click()
    page.get_by_role("radio", name="Jira").check()
    expect(page.locator("#rights-hint")).to_contain_text("Chosen for Jira.")
    page.get_by_label("Name").fill("Sprint mirror")
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("button", name="Copy both lines").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_attached()
    lines = page.evaluate("navigator.clipboard.readText()")

    assert _run(lines)["credential"]["scopes"] == ["tasks:read", "tasks:write"]
    expect(page.locator("#first-use")).to_contain_text("Heard it.")
    expect(page.locator("#first-use")).to_contain_text("GET /me, 200, from 127.0.0.1.")

    page.get_by_label("I have put the key somewhere safe").check()
    page.get_by_role("button", name="Close").click()
    _row(page, "Sprint mirror").locator("summary").click()
    _row(page, "Sprint mirror").get_by_role("link", name="Revoke…").click()
    page.get_by_label("I know that").check()
    page.get_by_role("button", name="Revoke key").click()
    expect(_row(page, "Sprint mirror")).to_contain_text("Revoked")

    assert _run(lines)["code"] == "api_key_revoked"


@pytest.mark.main_job
def test_the_same_without_scripts(page_for: Pages, person_with_task: TestUser) -> None:
    page = page_for(javascript=False)
    _sign_in(page, person_with_task)
    page.get_by_role("link", name="Create a key").click()
    page.get_by_role("radio", name="Jira").check()
    page.get_by_role("button", name="Fill in the rights of this tool").click()
    expect(page.locator("#rights-hint")).to_contain_text("Chosen for Jira.")
    page.get_by_label("Name").fill("Sprint mirror")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    lines = page.locator("#first-request").text_content() or ""

    assert _run(lines)["credential"]["scopes"] == ["tasks:read", "tasks:write"]

    page.get_by_label("I have put the key somewhere safe").check()
    page.get_by_role("button", name="Close").click()
    _row(page, "Sprint mirror").locator("summary").click()
    _row(page, "Sprint mirror").get_by_role("link", name="Revoke…").click()
    page.get_by_label("I know that").check()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.locator("#keys .note-ok")).to_contain_text("Sprint mirror is revoked.")
    page.get_by_text("One revoked key").click()
    expect(_row(page, "Sprint mirror")).to_contain_text("Revoked")

    assert _run(lines)["code"] == "api_key_revoked"


def test_a_key_can_be_downloaded(page_for: Pages, person_with_task: TestUser) -> None:
    page = page_for(person_with_task)
    secret = _create(page, "Sprint mirror")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download .env").click()
    assert download.value.suggested_filename == "calmboard.env"
    assert download.value.path().read_text() == f"CALMBOARD_API_KEY={secret}\n"


def test_the_key_itself_is_copied_without_gaps(page_for: Pages, person_with_task: TestUser) -> None:
    page = page_for(person_with_task)
    secret = _create(page, "Sprint mirror")
    page.get_by_role("button", name="Copy key").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert len(secret) == 40


def test_selecting_the_lines_copies_them_as_they_are(page_for: Pages, person_with_task: TestUser) -> None:
    page = page_for(person_with_task)
    _create(page, "Sprint mirror")
    lines = page.locator("#first-request").text_content() or ""
    page.locator("#first-request").evaluate("element => getSelection().selectAllChildren(element)")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()").strip() == lines


@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
def test_every_example_runs_as_it_stands(page_for: Pages, person_with_task: TestUser, language: str) -> None:
    page = page_for(person_with_task)
    page.goto(f"/integrations?lang={language}")
    page.get_by_role("button", name="Make a practice board").click()
    expect(page.locator("#notice")).to_contain_text("Practice board is ready")
    samples = page.locator(f"[id$='-{language}']").all_text_contents()
    assert samples
    for sample in sorted(samples, key=lambda sample: "DELETE" in sample):
        assert '"code"' not in _output([*_runner(language), sample], CALMBOARD_API_KEY=person_with_task.key)


def _runner(language: str) -> list[str]:
    """The command that runs a sample given as its last argument."""
    if language == "curl":
        return ["sh", "-c"]
    if language == "python":
        return [sys.executable, "-c"]
    return [find_program("nodejs", "node"), "--input-type=module", "-e"]


@pytest.fixture
def person_with_task(new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]) -> TestUser:
    """A person with a project and a board of their own, and a task on it."""
    person = new_user()
    project = new_project(person)
    person.api.post(f"/boards/{project.board_id}/tasks", json={"title": "Polish the mirror"})
    return person


def _sign_in(page: Page, person: TestUser) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Integrations & APIs")


def _create(page: Page, name: str) -> str:
    """Create a key by a link that fills in the form, and return its secret."""
    page.goto(f"/integrations/keys/new?integration=workflow&name={name}")
    page.get_by_role("button", name="Create key").click()
    return page.locator("#secret").text_content() or ""


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


def _run(lines: str) -> Any:
    """Paste lines into a shell; their answer is JSON."""
    return json.loads(_output(["sh", "-c", lines]))


def _output(command: list[str], **environment: str) -> str:
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True, timeout=30
    ).stdout
