"""People, labels, sprints, boards and projects go by id, exact name or e-mail; a name of many lists the candidates."""

import pytest
from flask import Flask

from tests.api.mcp.created import create_sprint, create_task
from tests.support.clients.agent import Agent
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board, add_user


@pytest.fixture
def someone(app: Flask) -> TestUser:
    """Somebody whose boards alone are found by their names."""
    return add_user(app)


@pytest.fixture
def project(app: Flask, someone: TestUser, member: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, someone, member=member)


@pytest.mark.parametrize("board", ["Telescope", "telescope", " Telescope "])
def test_a_board_goes_by_its_name(agent: Agent, project: ProjectAndBoard, board: str) -> None:
    agent.structured("create_task", board_id=board, title="Grind", assignees=["me"])
    assert agent.structured("get_board", board_id=board)["id"] == project.board_id
    assert [task["title"] for task in agent.structured("list_tasks", board_id=board)["tasks"]] == ["Grind"]
    assert agent.structured("plan_sprint", board_id=board, name="First light")["name"] == "First light"
    assert agent.structured("get_project", project_id="observatory")["id"] == project.project_id


def test_people_labels_and_sprints_go_by_name(
    agent: Agent, someone: TestUser, member: TestUser, project: ProjectAndBoard
) -> None:
    someone.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"})
    create_sprint(someone, project)
    who = [member.person.name, member.email.upper()]
    task = agent.structured(
        "create_task", board_id="Telescope", title="Grind", labels=["optics"], assignees=who, sprint_id="First light"
    )
    assert [person["id"] for person in task["assignees"]] == [member.person.id]
    assert [label["name"] for label in task["labels"]] == ["Optics"]
    found = agent.structured("list_tasks", assignee=[member.email], label=["Optics"], sprint_id=["First light"])["tasks"]
    assert [one["id"] for one in found] == [task["id"]]
    agent.structured("assign_task", task_id=task["id"], remove=[member.person.name])
    assert agent.structured("list_tasks", assignee=["none"], label=["Optics"])["tasks"][0]["id"] == task["id"]
    agent.structured("start_sprint", sprint_id="First light")
    agent.structured("plan_sprint", board_id="Telescope", name="Second light")
    ended = agent.structured("complete_sprint", sprint_id="First light", move_to="Second light")
    assert ended["completed"] is True


def test_a_task_goes_by_its_number(agent: Agent, project: ProjectAndBoard) -> None:
    first, second = (agent.structured("create_task", board_id="Telescope", title=title)["number"] for title in ("One", "Two"))
    assert agent.structured("move_task", task_id=f"#{first}", after=str(second))["title"] == "One"
    agent.structured("add_comment", task_id=str(first), body="Clear sky.")
    agent.structured("update_checklist", task_id=str(first), add=["Clean"])
    agent.structured("change_tasks", task_ids=[f"#{first}", str(second)], state="review")
    agent.structured("plan_sprint", board_id="Telescope", name="First light", add=[str(first)])
    task = agent.structured("get_task", task_id=f"#{first}")
    assert (task["state"], len(task["comments"]), len(task["checklist"]), "sprint_id" in task) == ("review", 1, 1, True)
    assert agent.structured("delete_task", task_id=str(second))["deleted"] is True
    assert "- task_id: No task in what you may see is called “#99”." in agent.refusal("get_task", task_id="#99")


def test_a_name_of_many_lists_the_candidates(app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    other = add_project_and_board(app, someone, "Dome")
    message = agent.refusal("get_board", board_id="Telescope")
    assert "- board_id: “Telescope” is the name of more than one board:" in message
    assert project.board_id in message
    assert other.board_id in message


def test_every_unknown_name_is_an_error_of_its_argument(agent: Agent, project: ProjectAndBoard) -> None:
    message = agent.refusal(
        "create_task", board_id="Telescope", title="Grind", labels=["x"], assignees=["me", "y"], sprint_id="z"
    )
    for argument in ("labels/0", "assignees/1", "sprint_id"):
        assert f"- {argument}: No " in message
    assert "- board_id: No board in what you may see is called “Kitchen”." in agent.refusal("get_board", board_id="Kitchen")


def test_a_replay_is_withheld_from_who_may_no_longer_see_what_it_names(
    app: Flask, someone: TestUser, member: TestUser, project: ProjectAndBoard
) -> None:
    agent, call = Agent(app, member.key), {"board_id": project.board_id, "title": "Grind", "idempotency_key": project.board_id}
    by_name = {**call, "board_id": "Telescope", "idempotency_key": project.project_id}
    boards = [
        board["id"]
        for one in agent.structured("list_projects")["projects"]
        for board in one["boards"]
        if board["name"] == "Telescope"
    ]
    calls = [call, by_name] if boards == [project.board_id] else [call]
    for one in calls:
        agent.structured("create_task", **one)
    assert someone.api.delete(f"/projects/{project.project_id}/members/{member.person.id}").status_code == 204
    for one in calls:
        agent.refusal("create_task", **one)


def test_counts_are_given_in_groups(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    for title, state in (("Grind", "ready"), ("Polish", "ready"), ("Coat", "done")):
        create_task(someone, project, title, state=state)
    answer = agent.structured("list_tasks", board_id="Telescope", count_by="state")
    assert [(group["id"], group["count"]) for group in answer["counts"]] == [("ready", 2), ("done", 1)]
    (group,) = agent.structured("list_tasks", board_id="Telescope", count_by="assignee", state=["ready"])["counts"]
    assert (group["count"], group["id"]) == (2, "none")


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"due_date": "none"}, ["Polish"]),
        ({"due_date": "2026-12-18"}, ["Grind"]),
        ({"due_before": "2026-12-19"}, ["Grind"]),
        ({"sprint_id": ["none"]}, ["Grind", "Polish"]),
        ({"blocked_since": "2020-01-01"}, ["Polish"]),
        ({"blocked_before": "2020-01-01T00:00:00+02:00"}, []),
        ({"done_since": "2020-01-01"}, []),
        ({"changed_by": ["me"]}, ["Grind", "Polish"]),
        ({"updated_since": "2020-01-01"}, ["Grind", "Polish"]),
    ],
)
def test_tasks_are_found_by_what_they_lack_and_since_when(
    agent: Agent, someone: TestUser, project: ProjectAndBoard, filters: dict[str, object], titles: list[str]
) -> None:
    create_task(someone, project, "Grind", due_date="2026-12-18")
    create_task(someone, project, "Polish", blocked_reason="Waits.")
    assert [task["title"] for task in agent.structured("list_tasks", board_id="Telescope", **filters)["tasks"]] == titles


@pytest.mark.parametrize("moment", ["yesterday", "2026-02-30", "2026-11-23T09:00:00", "2026-11-23T25:00:00Z"])
def test_a_moment_that_is_none_is_refused(agent: Agent, moment: str) -> None:
    assert "- updated_since: " in agent.refusal("list_tasks", updated_since=moment)
