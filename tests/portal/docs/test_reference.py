"""The API reference: what it shows, that its examples run, and the form that tries an endpoint."""

import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from api.docs.nouns import NOUNS
from calmboard.settings import SETTINGS
from calmboard.work.practice.board import Practice, make_practice
from portal.shared.catalogues import API_CATALOGUE
from tests.support.clients.accessibility import Look, find_barriers
from tests.support.clients.browser import Pages
from tests.support.resources import create_resources
from tests.support.servers.programs import find_program
from tests.support.servers.server import Server
from tests.support.users import ProjectAndBoard, TestUser

_LOOKS: list[Look] = [("light", 1440), ("dark", 1280), ("light", 768), ("dark", 360)]


def _slugs(app: Flask) -> list[str]:
    return [noun["slug"] for noun in API_CATALOGUE.get(app)]


def _endpoints(app: Flask) -> list[dict[str, Any]]:
    return [endpoint for noun in API_CATALOGUE.get(app) for endpoint in noun["endpoints"]]


def _text(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page))


def test_there_is_a_page_for_each_noun_open_to_everybody(app: Flask, client: FlaskClient) -> None:
    overview = client.get("/docs/api")
    assert overview.status_code == 200
    for slug in _slugs(app):
        assert f'href="/docs/api/{slug}"' in overview.text
        assert f"<h1>{NOUNS[slug].name}</h1>" in client.get(f"/docs/api/{slug}").text


def test_every_endpoint_has_its_place_with_its_fields_and_answers(app: Flask, client: FlaskClient) -> None:
    pages = "".join(client.get(f"/docs/api/{slug}").text for slug in _slugs(app))
    text = _text(pages)
    for endpoint in _endpoints(app):
        assert f'id="{endpoint["name"].replace("_", "-")}"' in pages
        assert endpoint["path"] in text
        for field in endpoint["path_fields"] + endpoint["query_fields"] + endpoint["body_fields"]:
            assert field["name"] in text


def test_a_page_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get("/docs/api/unicorns").status_code == 404
    assert client.get("/docs/api/unicorns.md").status_code == 404


def test_a_signed_in_reader_finds_their_own_ids_and_a_stranger_finds_words(owner: TestUser, client: FlaskClient) -> None:
    task_id = owner.example_project().task_id
    assert f"/api/v1/tasks/{task_id}" in _text(owner.sign_in().get("/docs/api/tasks").text)
    theirs = _text(client.get("/docs/api/tasks").text)
    assert "/api/v1/tasks/TASK_ID" in theirs
    assert "$CALMBOARD_API_KEY" in theirs


def test_the_same_pages_are_there_as_markdown(app: Flask, client: FlaskClient) -> None:
    for path in ["/docs/api.md", "/docs/errors.md", "/llms.txt", *(f"/docs/api/{slug}.md" for slug in _slugs(app))]:
        answer = client.get(path)
        assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert answer.text.startswith("# ")
        assert "&#" not in answer.text
    assert "`PATCH /api/v1/tasks/{task_id}`" in client.get("/docs/api/tasks.md").text


def test_llms_txt_leads_to_every_page_that_there_is(app: Flask, client: FlaskClient) -> None:
    origin = SETTINGS.get(app).origin
    links = re.findall(r"\]\(([^)]+)\)", client.get("/llms.txt").text)
    assert {f"{origin}/docs/api/{slug}.md" for slug in _slugs(app)} < set(links)
    for link in links:
        assert client.get(link.removeprefix(origin)).status_code == 200


@pytest.mark.judge
@pytest.mark.database("sqlite")
@pytest.mark.parametrize("language", ["curl", "python", "javascript", "go"])
def test_every_example_runs_as_it_stands(
    app: Flask,
    server: Server,
    tmp_path: Path,
    new_user: Callable[..., TestUser],
    new_project: Callable[..., ProjectAndBoard],
    language: str,
) -> None:
    """Examples of what reads, and of what creates; those that delete a resource would leave none for the next."""
    person = new_user()
    ids = create_resources(person.api, new_project(person))
    _make_practice(app, person)
    run = _runner(language, tmp_path)
    for endpoint in _runnable(app, language):
        sample = _sample(app, person, endpoint, ids, language).replace(SETTINGS.get(app).origin, server.url)
        assert '"error":{' not in run(sample, person.key), sample


def _runnable(app: Flask, language: str) -> list[dict[str, Any]]:
    """Every endpoint that needs no body and deletes nothing; compiling Go takes long, so it runs three."""
    safe = [one for one in _endpoints(app) if one["method"] == "GET" and set(one["parameters"]) <= {"project_id", "board_id"}]
    named = {one["name"]: one for one in _endpoints(app)}
    writing = [named["create_task"], named["change_task"]]
    return [*safe[:1], *writing] if language == "go" else [*safe, *writing]


def _sample(app: Flask, person: TestUser, endpoint: dict[str, Any], ids: dict[str, str], language: str) -> str:
    slug = next(noun["slug"] for noun in API_CATALOGUE.get(app) if endpoint in noun["endpoints"])
    page = person.sign_in().get(f"/docs/api/{slug}?lang={language}").text
    element_id = f"{endpoint['name'].replace('_', '-')}-{language}"
    found = re.search(rf'<code id="{element_id}">(.*?)</code></pre>', page, re.DOTALL)
    assert found
    text = _text(found[1])
    for name, value in ids.items():
        text = text.replace(name.upper(), value)
    return text


def _runner(language: str, directory: Path) -> Callable[[str, str], str]:
    """What runs a sample with a key, and returns what it wrote."""
    if language == "curl":
        return lambda sample, key: _output(["sh", "-c", sample], key)
    if language == "python":
        return lambda sample, key: _output([sys.executable, "-c", sample], key)
    if language == "javascript":
        return lambda sample, key: _output([find_program("nodejs", "node"), "--input-type=module", "-e", sample], key)
    return lambda sample, key: _run_go(sample, key, directory)


def _run_go(sample: str, key: str, directory: Path) -> str:
    program = directory / "main.go"
    program.write_text(sample)
    cache = {"GOCACHE": str(directory / "cache"), "HOME": str(directory)}
    return _output([find_program("golang-go", "go"), "run", str(program)], key, **cache)


def _output(command: list[str], key: str, **environment: str) -> str:
    settings = {"PATH": "/usr/bin:/bin:/usr/local/bin", "CALMBOARD_API_KEY": key, **environment}
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.parametrize("path", ["/docs/api", "/docs/api/tasks", "/docs/api/me"])
def test_a_page_has_no_barriers(page_for: Pages, path: str) -> None:
    page = page_for()
    page.goto(path)
    assert find_barriers(page, _LOOKS) == {}


def test_without_scripts_the_language_changes(page_for: Pages) -> None:
    page = page_for(javascript=False)
    page.goto("/docs/api/me")
    expect(page.locator("#read-me-curl")).to_be_visible()
    page.get_by_role("link", name="PowerShell").first.click()
    expect(page.locator("#read-me-powershell")).to_be_visible()
    expect(page.locator("#read-me-curl")).to_have_count(0)


def _make_practice(app: Flask, person: TestUser) -> Practice:
    with app.app_context():
        return make_practice(person.access)
