"""Every recipe, copied from its page and carried out as its tool does, against the real server: one task, unharmed."""

import html
import json
import subprocess
import urllib.error
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from calmboard.access.scopes import USABLE, expand
from connectors import find_providers
from tests.portal.docs.conftest import RecipeRunner
from tests.portal.docs.tools import run, run_as_github, send_from_jira, send_from_n8n, send_from_power_automate, send_from_trello
from tests.portal.docs.vendor_server import Vendor, running_vendor
from tests.support.servers.programs import wait_until

TITLE = 'Say "hi" to {{all}} {cardname} @{x} \\ \n\'; exit 1 # $(id) `id` ${HOME} %s 🚀 – "}'
# As it is stored: a title is one line.
ONE_LINE = TITLE.replace(" \n", " ")
TEXT = 'First "line"\nsecond\tline \\n </script> & é 🧭 "}, {"state": "done"'
# What a tool sends is the same on each database; that it makes one task is shown on each where tasks are tested.
pytestmark = [pytest.mark.judge, pytest.mark.database("sqlite")]
MESSAGE = "entity/teamsFlowRunContext/messagePayload"


def _from_jira(recipe_runner: RecipeRunner) -> None:
    issue = {
        "issue.key": "OPS-7",
        "issue.summary": TITLE,
        "issue.description": TEXT,
        "issue.status.name": "In Progress",
        "issue.duedate": "2026-12-18",
        "issue.assignee.emailAddress": recipe_runner.person.email,
    }
    send_from_jira(recipe_runner.codes("jira"), recipe_runner.key, issue)


def _from_trello(recipe_runner: RecipeRunner) -> None:
    card = {"cardid": "5f1d7c2e9a", "cardname": TITLE, "carddescription": TEXT, "listname": "Doing"}
    send_from_trello(recipe_runner.codes("trello"), recipe_runner.key, card)


def _from_power_automate(recipe_runner: RecipeRunner) -> None:
    message = {f"{MESSAGE}/id": "1764000000000", f"{MESSAGE}/body/plainText": TITLE}
    send_from_power_automate(recipe_runner.codes("teams"), recipe_runner.key, message)


def _from_n8n(recipe_runner: RecipeRunner) -> None:
    send_from_n8n(recipe_runner.codes("n8n"), recipe_runner.key, {"id": 'a/b "?#', "title": TITLE, "description": TEXT})


def _from_github(recipe_runner: RecipeRunner) -> None:
    event = {
        "github.repository": "harbour/site",
        "github.event.issue.number": "42",
        "github.event.issue.title": TITLE,
        "github.event.issue.body": TEXT,
        "github.event.issue.state": "open",
    }
    run_as_github(recipe_runner.codes("github-actions"), recipe_runner.key, event)


def _script(slug: str, program: str) -> Callable[[RecipeRunner], None]:
    def run_script(recipe_runner: RecipeRunner) -> None:
        codes = recipe_runner.codes(slug)
        file = recipe_runner.directory / codes["shell"].split("\n")[-1].split()[1]
        file.write_text(codes["listing"], "utf-8")
        run([program, str(file), 'nightly/"2026" ?#é', TITLE], {"CALMBOARD_API_KEY": recipe_runner.key})

    return run_script


def _beside_asana(recipe_runner: RecipeRunner) -> None:
    codes = recipe_runner.codes("asana")
    first = "/api/1.0/projects/12/tasks?limit=100&opt_fields=" + _requested_fields(codes["listing"])
    second = "/tasks?offset=next"
    pages = {
        first: {"data": [_asana_task("1", TITLE, "Doing")], "next_page": {"path": second}},
        f"/api/1.0{second}": {"data": [_asana_task("2", "Shipped", "Doing", completed=True)], "next_page": None},
    }
    with running_vendor(pages) as asana:
        file = recipe_runner.directory / "asana_to_calmboard.py"
        file.write_text(codes["listing"].replace("https://app.asana.com", asana.url), "utf-8")
        run(["python3", str(file)], {"CALMBOARD_API_KEY": recipe_runner.key, "ASANA_TOKEN": "pat", "ASANA_PROJECT": "12"})


def _from_slack(recipe_runner: RecipeRunner) -> None:
    codes = recipe_runner.codes("slack")
    names: dict[str, Any] = {"__name__": "calmboard_app"}
    with pytest.MonkeyPatch.context() as patch, running_vendor({}) as slack:
        patch.setenv("CALMBOARD_API_KEY", recipe_runner.key)
        patch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
        patch.setattr(WebClient, "auth_test", _slack_knows_the_app)
        exec(compile(codes["listing"], "calmboard_app.py", "exec"), names)
        _pick_message(names["app"], codes["callback"], slack, recipe_runner)


def _by_agent(recipe_runner: RecipeRunner) -> list[Any]:
    """What an agent reads in its two requests."""
    codes = recipe_runner.codes("agent")
    pairs = [line.partition("=") for line in codes["environment"].replace("cbk_…", recipe_runner.key).split("\n")]
    environment = {name: value for name, _, value in pairs}
    return [json.loads(run(["sh", "-c", codes[kind]], environment)) for kind in ("me", "shell")]


_TOOLS: dict[str, Callable[[RecipeRunner], None]] = {
    "jira": _from_jira,
    "trello": _from_trello,
    "teams": _from_power_automate,
    "n8n": _from_n8n,
    "github-actions": _from_github,
    "curl": _script("curl", "sh"),
    "python": _script("python", "python3"),
    "node": _script("node", "node"),
}


EVERY_TOOL: dict[str, Callable[[RecipeRunner], object]] = {
    **_TOOLS,
    "asana": _beside_asana,
    "slack": _from_slack,
    "agent": _by_agent,
}
SCOPES_OF = {recipe.slug: provider.scopes for provider in find_providers() for recipe in provider.recipes}


@pytest.mark.parametrize("tool", _TOOLS)
def test_a_recipe_carried_out_twice_makes_one_task_with_its_words_unharmed(recipe_runner: RecipeRunner, tool: str) -> None:
    _TOOLS[tool](recipe_runner)
    _TOOLS[tool](recipe_runner)
    assert [task["title"] for task in recipe_runner.tasks()] == [ONE_LINE]


@pytest.mark.parametrize("tool", ["jira", "trello", "n8n", "github-actions"])
def test_a_description_arrives_unharmed(recipe_runner: RecipeRunner, tool: str) -> None:
    _TOOLS[tool](recipe_runner)
    assert [task["description"] for task in recipe_runner.tasks()] == [TEXT]


def test_jira_says_state_day_and_person(recipe_runner: RecipeRunner) -> None:
    _from_jira(recipe_runner)
    [task] = recipe_runner.tasks()
    assert (task["state"], task["due_date"]) == ("in_progress", "2026-12-18")
    assert [person["id"] for person in task["assignees"]] == [recipe_runner.person.person.id]


def test_an_empty_field_of_jira_means_none(recipe_runner: RecipeRunner) -> None:
    _from_jira(recipe_runner)
    issue = {"issue.key": "OPS-7", "issue.summary": "Bare", "issue.status.name": "Done"}
    empty = dict.fromkeys(("issue.description", "issue.duedate", "issue.assignee.emailAddress"), "")
    send_from_jira(recipe_runner.codes("jira"), recipe_runner.key, {**issue, **empty})
    [task] = recipe_runner.tasks()
    assert (task["title"], task["description"], task["due_date"], task["assignees"]) == ("Bare", "", None, [])


def test_a_script_beside_asana_brings_every_page_of_a_project_once(recipe_runner: RecipeRunner) -> None:
    for _ in range(2):
        _beside_asana(recipe_runner)
    assert sorted((task["title"], task["state"]) for task in recipe_runner.tasks()) == [
        (ONE_LINE, "in_progress"),
        ("Shipped", "done"),
    ]


def test_a_slack_app_makes_one_task_of_a_message(recipe_runner: RecipeRunner) -> None:
    for _ in range(2):
        _from_slack(recipe_runner)
    assert [task["title"] for task in recipe_runner.tasks()] == [ONE_LINE]


def test_an_agent_reads_who_it_is_and_its_board(recipe_runner: RecipeRunner) -> None:
    who, board = _by_agent(recipe_runner)
    assert who["user"]["email"] == recipe_runner.person.email
    assert board["data"] == []


@pytest.mark.parametrize("tool", EVERY_TOOL)
def test_the_rights_that_are_filled_in_for_a_tool_are_enough_for_its_recipe(recipe_runner: RecipeRunner, tool: str) -> None:
    runner = recipe_runner.with_rights(*SCOPES_OF[tool])
    EVERY_TOOL[tool](runner)
    assert runner.key_status in (200, 201)
    assert bool(runner.tasks()) is (tool != "agent")


@pytest.mark.parametrize(
    ("tool", "right"), [(tool, right) for tool in EVERY_TOOL if tool != "agent" for right in sorted(SCOPES_OF[tool])]
)
def test_a_recipe_fails_without_any_one_of_these_rights(recipe_runner: RecipeRunner, tool: str, right: str) -> None:
    runner = recipe_runner.with_rights(*_all_but(right))
    with suppress(subprocess.CalledProcessError, urllib.error.HTTPError):
        EVERY_TOOL[tool](runner)
    assert runner.key_status == 403
    assert runner.tasks() == []


@pytest.mark.parametrize("right", sorted(SCOPES_OF["agent"]))
def test_an_agent_is_refused_without_any_one_of_these_rights(recipe_runner: RecipeRunner, right: str) -> None:
    _, board = _by_agent(recipe_runner.with_rights(*_all_but(right)))
    assert board["code"] == "insufficient_scope"


def _all_but(right: str) -> set[str]:
    return {scope for scope in USABLE if right not in expand([scope])}


def _requested_fields(listing: str) -> str:
    return listing.partition('FIELDS = "')[2].partition('"')[0]


def _asana_task(gid: str, name: str, section: str, *, completed: bool = False) -> dict[str, Any]:
    places = [{"section": {"name": section}}]
    return {
        "gid": gid,
        "name": name,
        "notes": TEXT,
        "due_on": None,
        "completed": completed,
        "assignee": None,
        "memberships": places,
    }


def _pick_message(app: App, callback_id: str, slack: Vendor, recipe_runner: RecipeRunner) -> None:
    """Pick the message, and wait until the app has answered the person who did, or was refused."""
    answers = len(slack.received_bodies)
    request = BoltRequest(mode="socket_mode", body=_picked_message(callback_id, slack.url))
    assert app.dispatch(request).status == 200
    wait_until(lambda: len(slack.received_bodies) > answers or recipe_runner.key_status == 403, "The app")


def _picked_message(callback_id: str, response_url: str) -> dict[str, Any]:
    """A message shortcut as Slack sends it; & < > in its text are escaped."""
    return {
        "type": "message_action",
        "callback_id": callback_id,
        "team": {"id": "T1"},
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1", "name": "ops"},
        "message": {"type": "message", "ts": "1764000000.000100", "text": html.escape(TITLE, quote=False)},
        "message_ts": "1764000000.000100",
        "response_url": response_url,
        "trigger_id": "1.2.3",
    }


def _slack_knows_the_app(client: WebClient, **options: object) -> SlackResponse:
    """What Slack answers to auth.test, which Bolt asks before it lets a request in."""
    data = {
        "ok": True,
        "url": "https://harbour.slack.com/",
        "team_id": "T1",
        "user_id": "U0",
        "bot_id": "B0",
        "bot_user_id": "U0",
    }
    return SlackResponse(
        client=client,
        http_verb="POST",
        api_url="auth.test",
        req_args={},
        data=data,
        headers={"x-oauth-scopes": "commands"},
        status_code=200,
    )
