"""Prompts: whole messages with the live data they need, for whoever may read that, and nothing of others."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from api.mcp.content.prompts import PROMPTS
from api.mcp.tools import TOOLS
from calmboard.ids import new_id
from tests.api.mcp.created import create_sprint, create_task
from tests.support.clients.agent import LEGACY, MODERN, Agent
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, Seeded, TestUser, add_project_and_board

NAMES = ["stand_up", "sprint_planning", "backlog_grooming", "risk_review", "release_notes"]
TODAY = datetime.now(UTC).date()


@pytest.fixture
def someone(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def rendered(agent: Agent, prompt: str, **arguments: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = agent.result("prompts/get", {"name": prompt, "arguments": arguments})["messages"]
    assert {message["role"] for message in messages} == {"user"}
    return [message["content"] for message in messages]


def text_of(agent: Agent, prompt: str, **arguments: str) -> str:
    contents = rendered(agent, prompt, **arguments)
    return "\n".join(content["text"] if content["type"] == "text" else content["resource"]["text"] for content in contents)


def refusal(agent: Agent, prompt: str, **arguments: str) -> str:
    error = agent.error("prompts/get", {"name": prompt, "arguments": arguments})
    assert error["code"] == -32602
    message: str = error["message"]
    return message


def completed(agent: Agent, prompt: str, argument: str, value: str, **chosen: str) -> list[str]:
    params = {"ref": {"type": "ref/prompt", "name": prompt}, "argument": {"name": argument, "value": value}}
    values: list[str] = agent.result("completion/complete", {**params, "context": {"arguments": chosen}})["completion"]["values"]
    return values


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
def test_five_prompts_are_listed_with_their_arguments(app: Flask, owner: TestUser, version: str) -> None:
    prompts = Agent(app, owner.key, version).result("prompts/list")["prompts"]
    assert [prompt["name"] for prompt in prompts] == NAMES
    required = {
        prompt["name"]: [argument["name"] for argument in prompt["arguments"] if argument["required"]] for prompt in prompts
    }
    assert required == {name: [] if name == "risk_review" else ["board"] for name in NAMES}


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_is_whole_in_every_revision(app: Flask, owner: TestUser, seeded: Seeded, name: str, version: str) -> None:
    contents = rendered(Agent(app, owner.key, version), name, board=seeded.owner.board_id)
    assert contents[-1]["type"] == "text"
    assert "Answer in this form" in contents[-1]["text"] or "Work in this order" in contents[-1]["text"]
    if name != "release_notes":
        assert contents[0]["resource"]["uri"] == f"calmboard://boards/{seeded.owner.board_id}"
        assert contents[0]["resource"]["mimeType"] == "text/markdown"


def test_whatever_a_prompt_tells_to_use_exists(agent: Agent, project: ProjectAndBoard) -> None:
    known = {tool.name for tool in TOOLS}
    arguments = {name for tool in TOOLS for name in tool.input_schema["properties"]}
    reports = {"velocity", "throughput", "burndown", "cycle_time"}
    for prompt in NAMES:
        text = rendered(agent, prompt, board=project.board_id)[-1]["text"]
        named = set(re.findall(r"`(\w+)`", text))
        assert "get_task" in named
        assert named <= known | arguments | reports


def test_a_stand_up_tells_what_moved_and_what_is_stuck(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    stuck = create_task(someone, project, "Measure the mirror", state="in_progress", blocked_reason="No glass")
    done = create_task(someone, project, "Clean the lens", state="done")
    board, changed, _instructions = rendered(agent, "stand_up", board=project.board_id)
    assert f"- {stuck}" in board["resource"]["text"].partition("## Blocked: 1")[2]
    assert f"- {done} · Done" in changed["text"]


def test_a_planning_tells_the_pace_and_the_candidates_in_order(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = create_sprint(someone, project)
    for title, state in (("Clean the lens", "done"), ("Turn the dome", "ready")):
        create_task(someone, project, title, state=state, sprint_id=sprint_id)
    someone.api.post(f"/sprints/{sprint_id}/start")
    someone.api.post(f"/sprints/{sprint_id}/complete", json={"unfinished": "keep"})
    ready, backlog = (
        create_task(someone, project, "Oil the gears", state="ready"),
        create_task(someone, project, "Paint the wall"),
    )
    text = text_of(agent, "sprint_planning", board=project.board_id)
    assert f'"First light", over on {TODAY}: took on 2, added later 0, taken out 0, done 1, carried over 1' in text
    assert text.index('"Turn the dome"') < text.index(ready) < text.index("## Backlog") < text.index(backlog)


def test_a_grooming_tells_age_and_what_has_no_words(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    create_task(someone, project, "Paint the wall")
    create_task(someone, project, "Oil the gears", description="Thrice.")
    text = text_of(agent, "backlog_grooming", board=project.board_id)
    assert f'"Paint the wall" · made {TODAY}, changed {TODAY}, no description' in text
    assert f'"Oil the gears" · made {TODAY}, changed {TODAY}, a description of 7 characters' in text


def test_a_risk_review_of_a_project_holds_its_first_boards(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    for number in range(6):
        someone.api.post(f"/projects/{project.project_id}/boards", json={"name": f"Dome {number}"})
    contents = rendered(agent, "risk_review", project="observ")
    assert [content["type"] for content in contents] == [*["resource"] * 6, "text", "text"]
    assert "more boards than are shown" in contents[-2]["text"]
    assert contents[0]["resource"]["uri"] == f"calmboard://projects/{project.project_id}"
    assert '"Dome 5"' in contents[0]["resource"]["text"]


@pytest.mark.parametrize("arguments", [{}, {"board": " "}, {"board": "Telescope", "project": "Observatory"}])
def test_a_risk_review_takes_one_of_board_and_project(agent: Agent, project: ProjectAndBoard, arguments: dict[str, str]) -> None:
    assert refusal(agent, "risk_review", **arguments) == "Send either project or board: an id, or words of its name."


def test_release_notes_are_of_a_sprint_or_since_a_day(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = create_sprint(someone, project)
    inside = create_task(someone, project, "Clean the lens", state="done", sprint_id=sprint_id)
    outside = create_task(someone, project, "Paint the wall", state="done")
    open_still = create_task(someone, project, "Oil the gears", sprint_id=sprint_id)
    text = text_of(agent, "release_notes", board="telescope", sprint="first")
    assert inside in text
    assert not {outside, open_still} & set(text.split())
    for since in ({}, {"since": str(TODAY)}, {"since": " "}):
        text = text_of(agent, "release_notes", board="telescope", **since)
        assert {inside, outside} <= set(text.split())
        assert open_still not in text
    tomorrow = str(TODAY + timedelta(days=1))
    assert str(TODAY) in refusal(agent, "release_notes", board="telescope", since=tomorrow)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"since": "last week"}, "since is a day, such as 2026-11-10."),
        ({"since": "1066-10-14"}, "Send a day from 2000-01-01 to 2199-12-31."),
        ({"since": "2026-11-10", "sprint": "First light"}, "Send sprint or since, not both."),
        ({"sprint": "No such"}, "get_board names the active and the planned sprints of a board."),
    ],
)
def test_release_notes_say_what_they_cannot_take(
    agent: Agent, project: ProjectAndBoard, arguments: dict[str, str], expected: str
) -> None:
    assert refusal(agent, "release_notes", board=project.board_id, **arguments).endswith(expected)


def test_a_sprint_of_another_board_is_refused(app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = create_sprint(someone, add_project_and_board(app, someone, name="Dome"))
    assert "not of this board" in refusal(agent, "release_notes", board=project.board_id, sprint=sprint_id)


def test_a_name_chooses_only_what_it_says_clearly(app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    other = add_project_and_board(app, someone, name="Dome")
    both = refusal(agent, "stand_up", board="tele")
    assert all(f'"Telescope" ({candidate.board_id})' in both for candidate in (project, other))
    someone.api.patch(f"/boards/{other.board_id}", json={"name": "Telescope north"})
    assert rendered(agent, "stand_up", board="TELESCOPE")[0]["resource"]["uri"].endswith(project.board_id)
    assert rendered(agent, "stand_up", board=" north ")[0]["resource"]["uri"].endswith(other.board_id)
    assert '"zz\\*" in its name. list_projects names every board' in refusal(agent, "stand_up", board="zz*")
    unknown = new_id("brd")
    assert refusal(agent, "stand_up", board=unknown) == f"No board has the id {unknown}."


@pytest.mark.parametrize("name", NAMES)
def test_who_may_not_read_the_board_gets_no_prompt_of_it(app: Flask, outsider: TestUser, seeded: Seeded, name: str) -> None:
    agent = Agent(app, outsider.key)
    assert "in a project that" in refusal(agent, name, board=seeded.owner.board_id)
    assert "No board in reach" in refusal(agent, name, board="Checkout")


@pytest.mark.parametrize("name", NAMES)
def test_members_and_viewers_may_use_every_prompt(app: Flask, seeded: Seeded, name: str, request: Any) -> None:
    for reader in ("member", "viewer"):
        assert rendered(Agent(app, request.getfixturevalue(reader).key), name, board=seeded.owner.board_id)


def test_a_key_for_some_projects_chooses_among_those(app: Flask, someone: TestUser, project: ProjectAndBoard) -> None:
    other = add_project_and_board(app, someone, name="Dome")
    agent = Agent(app, someone.new_key("One project", project_ids=frozenset([other.project_id])))
    assert rendered(agent, "stand_up", board="telescope")[0]["resource"]["uri"].endswith(other.board_id)
    assert "limited to some projects" in refusal(agent, "stand_up", board=project.board_id)
    assert completed(agent, "stand_up", "board", "") == [other.board_id]


@pytest.mark.parametrize(
    ("name", "arguments", "held", "required"),
    [
        *((prompt.name, {}, "tasks:read", prompt.scopes) for prompt in PROMPTS),
        ("risk_review", {"project": "Observatory"}, "boards:read tasks:read", ("projects:read",)),
        ("release_notes", {"sprint": "First light"}, "boards:read tasks:read", ("sprints:read",)),
    ],
)
def test_a_missing_scope_is_challenged(
    app: Flask,
    someone: TestUser,
    project: ProjectAndBoard,
    name: str,
    arguments: dict[str, str],
    held: str,
    required: tuple[str, ...],
) -> None:
    agent = Agent(app, someone.new_key("Little", *held.split()))
    board = {} if "project" in arguments else {"board": project.board_id}
    answer = agent.ask("prompts/get", {"name": name, "arguments": {**board, **arguments}})
    assert answer.status_code == 403
    assert f'scope="{" ".join(sorted({*held.split(), *required}))}"' in answer.headers["WWW-Authenticate"]


def test_the_list_holds_only_prompts_that_could_be_used(app: Flask, someone: TestUser) -> None:
    names = {
        held: [prompt["name"] for prompt in Agent(app, someone.new_key(held, *held.split())).result("prompts/list")["prompts"]]
        for held in ("projects:read tasks:read", "boards:read tasks:read")
    }
    assert list(names.values()) == [[], [name for name in NAMES if name != "sprint_planning"]]


def test_arguments_are_completed(app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    other = add_project_and_board(app, someone, name="Dome")
    here, there = create_sprint(someone, project), create_sprint(someone, other)
    assert completed(agent, "stand_up", "board", "tele") == [project.board_id, other.board_id]
    assert completed(agent, "risk_review", "project", "dom") == [other.project_id]
    assert completed(agent, "release_notes", "sprint", "first", board=other.board_id) == [there]
    assert completed(agent, "release_notes", "sprint", "first") == [here, there]
    assert str(TODAY - timedelta(days=7)) in completed(agent, "release_notes", "since", "2")
    narrow = Agent(app, someone.new_key("No sprints", "boards:read", "tasks:read"))
    assert completed(narrow, "release_notes", "sprint", "") == []


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_takes_as_many_queries_however_full_the_board(
    app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard, name: str
) -> None:
    counts = []
    for _ in range(2):
        for state in ("backlog", "ready", "review", "done"):
            create_task(someone, project, "Polish", state=state, assignees=[someone.person.id])
        with recorded(app) as statements:
            rendered(agent, name, board=project.board_id)
        counts.append(len(statements))
    assert counts[0] == counts[1]
