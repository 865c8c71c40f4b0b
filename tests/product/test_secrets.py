"""A secret is in the one response that shows it, and nowhere else afterwards: not in the database, a page, a file or the log."""

import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import APIRequestContext, APIResponse, Page, expect

from calmboard.settings import Settings
from tests.support.clients.browser import Pages
from tests.support.servers.programs import find_program
from tests.support.servers.server import Server
from tests.support.users import ProjectAndBoard, TestUser

pytestmark = pytest.mark.every_database

SECRET = re.compile(r"cbk_[0-9A-Za-z]{36}")
LINK = re.compile(r'(?:href|src|action|data-hx-get)="([^"]+)"')


@pytest.fixture
def somebody(new_user: Callable[..., TestUser], new_project: Callable[..., ProjectAndBoard]) -> TestUser:
    person = new_user()
    new_project(person)
    return person


def test_a_key_made_on_the_page_is_shown_in_one_response_and_stored_nowhere(
    page_for: Pages, server: Server, settings: Settings, somebody: TestUser
) -> None:
    page = page_for(somebody)
    secret = create_key(page)
    use(page.request, secret)
    pages = dict(everything_reachable(page.request, server.url))
    sources = {"the database": dump(settings), "the log": server.log, **pages, **files_of(settings.instance_dir)}
    assert "Night shift" in sources["the database"]
    assert "/api/v1/me" in sources["the log"]
    assert "Night shift" in sources[f"{server.url}/integrations"]
    assert [source for source, text in sources.items() if secret[4:34] in text] == []
    assert [cookie for cookie in page.context.cookies() if secret[4:34] in str(cookie)] == []


def test_the_response_that_shows_a_key_is_stored_by_nobody(page_for: Pages, somebody: TestUser) -> None:
    page = page_for(somebody)
    with page.expect_response(lambda response: response.url.endswith("/created")) as shown:
        create_key(page)
    assert shown.value.headers["cache-control"] == "no-store"


def test_going_back_or_reloading_never_shows_a_key_again(page_for: Pages, somebody: TestUser) -> None:
    page = page_for(somebody)
    secret = create_key(page)
    for again in (page.reload, page.go_back, page.go_forward):
        answer = again()
        assert answer is None or answer.status == 200
        assert secret[4:34] not in page.content()
    expect(page.get_by_role("heading", level=1)).to_have_text("This key was shown once")


def test_passwords_and_sessions_are_stored_as_digests_only(
    page_for: Pages, server: Server, settings: Settings, somebody: TestUser
) -> None:
    page = page_for()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(somebody.email)
    page.get_by_label("Password", exact=True).fill(somebody.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/integrations")
    for secret in (somebody.password, session_token(somebody)):
        assert secret not in dump(settings)
        assert secret not in server.log


def create_key(page: Page) -> str:
    """Make a key by the form and return its secret from the page that shows it."""
    page.goto("/integrations/keys/new?integration=workflow")
    page.get_by_label("Name", exact=True).fill("Night shift")
    page.get_by_role("button", name="Create key").click()
    shown = page.locator("#first-request")
    shown.wait_for()
    found = SECRET.search(shown.inner_text())
    assert found
    return found[0]


def use(program: APIRequestContext, secret: str) -> None:
    """Send the key in every way that is right and in some that are not."""
    bearer, header = {"Authorization": f"Bearer {secret}"}, {"X-CalmBoard-API-Key": secret}
    assert program.get("/api/v1/me", headers=bearer).status == 200
    assert program.get("/api/v1/me", headers=header).status == 200
    assert program.post("/api/v1/tasks/bulk", headers=bearer, data={secret: 1}).status == 422
    assert program.get(f"/api/v1/me?api_key={secret}").status == 401
    assert program.get(f"/api/v1/me?api_key={secret}", headers=bearer).status == 400
    assert program.get(f"/api/v1/tasks/{secret}", headers=bearer).status == 404
    assert program.get(f"/{secret}").status == 404
    assert program.get("/api/v1/me", headers={"Authorization": f"Basic {secret}"}).status == 401


def everything_reachable(program: APIRequestContext, origin: str) -> Iterator[tuple[str, str]]:
    """Every answer to a GET that links on any page lead to, from the first page on."""
    queue, seen = [f"{origin}/"], set()
    while queue:
        url = queue.pop()
        if url in seen or not url.startswith(origin):
            continue
        seen.add(url)
        answer = program.get(url)
        yield url, answer.text() if is_text(answer) else ""
        if "html" in answer.headers["content-type"]:
            queue += [without_fragment(urljoin(url, link)) for link in LINK.findall(answer.text())]


def is_text(answer: APIResponse) -> bool:
    return answer.headers.get("content-type", "").startswith(("text/", "application/json", "application/problem"))


def without_fragment(url: str) -> str:
    return urlsplit(url)._replace(fragment="").geturl()


def dump(settings: Settings) -> str:
    """All that the database holds, as text."""
    url = settings.database_url
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return "\n".join(rows_of_all_tables(connection))
    command = [find_program("postgresql", "pg_dump"), url]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def rows_of_all_tables(connection: sqlite3.Connection) -> Iterator[str]:
    """Of a virtual table the tables behind it hold what there is."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    for (name,) in names.fetchall():
        yield from map(repr, connection.execute(f'SELECT * FROM "{name}"'))


def files_of(directory: Path) -> dict[str, str]:
    return {str(path): path.read_bytes().decode("latin-1") for path in directory.rglob("*") if path.is_file()}


def session_token(person: TestUser) -> str:
    """The token inside the cookie of a signed-in browser."""
    with person.sign_in().session_transaction() as session:
        return str(session["_user_id"])
