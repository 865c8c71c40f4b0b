"""The Postman collection: what is in it, and a run of it as downloaded."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calmboard.access.oauth.app_changes import change_callbacks
from calmboard.settings import SETTINGS
from tests.api.framework.test_access_matrix import OPERATIONS
from tests.support.servers.programs import find_program, not_run
from tests.support.servers.server import Server
from tests.support.users import TestUser

_TOOLS = Path(__file__).parents[2] / "node_modules"
# What a tool makes of the collection and reads in the answers is the same on each database.
pytestmark = pytest.mark.database("sqlite")
_OWN_FOLDERS = ("Sign in", "OAuth", "Bad input", "Clean up")


@pytest.fixture
def collection(client: FlaskClient) -> Any:
    return client.get("/api/postman.json").get_json()


def test_anybody_may_download_it(client: FlaskClient) -> None:
    answer = client.get("/api/postman.json")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "calmboard.postman_collection.json" in answer.headers["Content-Disposition"]
    assert not re.search(r"\bcb[ckmors]_[0-9A-Za-z]{36}\b", answer.text)


def test_it_names_every_variable_it_uses(collection: Any) -> None:
    named = {variable["key"]: variable for variable in collection["variable"]}
    first = ["baseUrl", "apiKey", "email", "password", "sessionToken", "clientId", "redirectUri", "resource", "accessToken"]
    assert list(named)[: len(first)] == first
    assert all(variable["description"] for variable in named.values())
    assert [name for name, variable in named.items() if variable["value"]] == ["baseUrl", "resource"]
    used = set(re.findall(r"\{\{(\w+)\}\}", json.dumps(collection["item"])))
    assert used - {"credentials", "encodedRedirectUri"} <= set(named)


def test_a_token_is_requested_for_the_api(app: Flask, collection: Any) -> None:
    values = {variable["key"]: variable["value"] for variable in collection["variable"]}
    assert values["resource"] == values["baseUrl"] == SETTINGS.get(app).origin


def test_every_endpoint_is_in_the_folder_of_its_noun(collection: Any) -> None:
    listed = [_call(one) for folder in _nouns(collection) for one in folder["item"]]
    assert set(listed) == {(operation.method, operation.path) for operation in OPERATIONS}


def test_every_request_has_tests_and_each_of_a_noun_saved_answers(collection: Any) -> None:
    everything = [one for folder in collection["item"] for one in folder["item"]]
    assert all("test" in [event["listen"] for event in one["event"]] for one in everything)
    for one in (one for folder in _nouns(collection) for one in folder["item"]):
        statuses = [answer["code"] for answer in one["response"]]
        assert statuses[0] < 300 <= 401 == statuses[1], one["name"]


@pytest.mark.judge
def test_the_converter_lists_the_same_requests(client: FlaskClient, collection: Any, tmp_path: Path) -> None:
    """openapi-to-postmanv2 reads our OpenAPI document by itself."""
    document, converted = tmp_path / "openapi.json", tmp_path / "converted.json"
    document.write_bytes(client.get("/api/openapi.json").data)
    options = ["-O", "folderStrategy=Tags,parametersResolution=Example"]
    _run_tool("openapi2postmanv2", "-s", str(document), "-o", str(converted), *options)
    theirs = {(one["request"]["method"], _their_path(one)) for one in _leaves(json.loads(converted.read_text()))}
    assert theirs == {_call(one) for folder in _nouns(collection) for one in folder["item"]}


@pytest.mark.judge
def test_it_runs_from_top_to_bottom(server: Server, owner: TestUser, tmp_path: Path) -> None:
    _assert_all_pass(server, owner, tmp_path)


@pytest.mark.judge
def test_it_runs_for_somebody_who_has_nothing_yet(server: Server, new_user: Callable[..., TestUser], tmp_path: Path) -> None:
    _assert_all_pass(server, new_user(), tmp_path)


@pytest.mark.judge
@pytest.mark.parametrize(("name", "status"), [("server", 200), ("strict_server", 400)], ids=["grace", "no grace"])
def test_its_oauth_folder_runs_by_email_and_password(
    request: pytest.FixtureRequest, new_user: Callable[..., TestUser], tmp_path: Path, name: str, status: int
) -> None:
    """Each answer has the fields of the one that is saved for its status."""
    sent = _run_oauth(request.getfixturevalue(name), new_user(), tmp_path)
    statuses = {name: one["response"]["code"] for name, one in sent.items()}
    assert statuses.pop("A refresh token that was replaced") == status
    assert sorted(set(statuses.values())) == [200, 400, 401]
    for one in sent.values():
        saved = {answer["code"]: answer for answer in one["item"]["response"]}
        if saved:
            assert set(_body(one)) == set(json.loads(saved[one["response"]["code"]]["body"])), one["item"]["name"]


@pytest.mark.judge
def test_its_oauth_folder_runs_with_a_callback_that_holds_special_characters(
    app: Flask, server: Server, new_user: Callable[..., TestUser], tmp_path: Path
) -> None:
    person = new_user()
    callback = "https://app.example/callback?a=1&b=2+3&c=%2F"
    with app.app_context():
        change_callbacks(person.access, [callback], server.url)
    sent = _run_oauth(server, person, tmp_path)
    assert _body(sent["Authorize"])["redirect_uri"] == callback


def _run_oauth(server: Server, person: TestUser, directory: Path) -> dict[str, Any]:
    """What was sent and answered, by the name of the request."""
    given = {"email": person.email, "password": person.password}
    run = _run_it(server, given, directory, "--folder=Sign in", "--folder=OAuth")
    assert run["failures"] == []
    return {one["item"]["name"]: one for one in run["executions"]}


def _body(sent: Any) -> Any:
    return json.loads(bytes(sent["response"]["stream"]["data"]))


def _assert_all_pass(server: Server, person: TestUser, directory: Path) -> None:
    """Nothing is left behind."""
    before = _project_names(person)
    run = _run_it(server, {"apiKey": person.key, "email": person.email, "password": person.password}, directory)
    assert run["stats"]["assertions"]["total"] > 3 * len(OPERATIONS)
    assert run["failures"] == []
    assert _project_names(person) == before


def _run_it(server: Server, given: Mapping[str, str], directory: Path, *options: str) -> Any:
    """Run the file as it is downloaded, with these values and nothing edited; what newman reports of it."""
    file, report = directory / "calmboard.json", directory / "report.json"
    with urlopen(f"{server.url}/api/postman.json") as download:
        file.write_bytes(download.read())
    variables = [part for name, value in given.items() for part in ("--env-var", f"{name}={value}")]
    export = ["--reporters=cli,json", f"--reporter-json-export={report}", "--color=off"]
    _run_tool("newman", "run", str(file), *variables, *export, *options)
    return json.loads(report.read_text())["run"]


def _run_tool(name: str, *arguments: str) -> None:
    program = _TOOLS / ".bin" / name
    if not program.exists():
        not_run(f"{name} is not installed: npm install --no-package-lock --ignore-scripts in tests/")
    finished = subprocess.run([find_program("nodejs", "node"), program, *arguments], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def _project_names(person: TestUser) -> list[str]:
    return [project["name"] for project in person.api.get("/projects?limit=100").json["data"]]


def _nouns(collection: Any) -> list[Any]:
    return [folder for folder in collection["item"] if folder["name"] not in _OWN_FOLDERS]


def _call(one: Any) -> tuple[str, str]:
    request = one["request"]
    return request["method"], "/" + re.sub(r":(\w+)", r"{\1}", "/".join(request["url"]["path"]))


def _leaves(item: Any) -> Iterator[Any]:
    if "request" in item:
        yield item
    for child in item.get("item", ()):
        yield from _leaves(child)


def _their_path(one: Any) -> str:
    return "/" + re.sub(r":(\w+)", r"{\1}", "/".join(one["request"]["url"]["path"]))
