"""Tools that write: what they change, what they refuse and say then, and how they ask first."""

import json
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from api.mcp.schemas import output_schema
from api.mcp.shapes.answers import Deletion
from api.mcp.tools import TOOLS
from calmboard.ids import new_id
from tests.api.mcp.created import FORM_CAPABILITIES
from tests.support.clients.agent import LEGACY, Agent
from tests.support.users import ProjectAndBoard, TestUser


def answer(agent: Agent, tool: str, arguments: dict[str, Any], request: dict[str, Any], **response: Any) -> dict[str, Any]:
    """Call a tool again, with what the person answered."""
    retry = {"inputResponses": {"confirm": response}, "requestState": request["requestState"]}
    return agent.result("tools/call", {"name": tool, "arguments": arguments, **retry})


def test_a_task_is_made_as_it_was_asked_for(
    agent: Agent, owner: TestUser, member: TestUser, project: ProjectAndBoard, sprint_id: str
) -> None:
    label = owner.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"}).json
    task = agent.structured(
        "create_task",
        board_id=project.board_id,
        title="Order glass",
        description="Two *blanks*.",
        state="ready",
        assignees=["me", member.person.id, "me"],
        labels=[label["id"]],
        due_date="2026-12-18",
        sprint_id=sprint_id,
        blocked_reason="Waits for the offer.",
        pinned=True,
    )
    assert {person["id"] for person in task["assignees"]} == {owner.person.id, member.person.id}
    assert task["labels"] == [{"id": label["id"], "name": "Optics"}]
    expected = {"state": "ready", "due_date": "2026-12-18", "sprint_id": sprint_id, "blocked": True, "pinned": True}
    assert {name: task[name] for name in expected} == expected
    assert owner.api.get(f"/tasks/{task['id']}").json["description"] == "Two *blanks*."


@pytest.mark.parametrize(("tool", "task"), [("create_task", {"title": "Once"}), ("create_tasks", {"tasks": [{"title": "Once"}]})])
def test_a_key_makes_a_task_once(agent: Agent, project: ProjectAndBoard, tool: str, task: dict[str, Any]) -> None:
    arguments = {"board_id": project.board_id, **task, "idempotency_key": new_id("tsk")}
    first, second = agent.structured(tool, **arguments), agent.structured(tool, **arguments)
    assert first == second
    assert len(agent.structured("list_tasks", board_id=project.board_id)["tasks"]) == 1


def test_only_what_was_sent_is_changed(agent: Agent, owner: TestUser, task_id: str, sprint_id: str) -> None:
    agent.structured("update_task", task_id=task_id, description="To a tenth of a wave.", due_date="2026-12-18")
    task = agent.structured("update_task", task_id=task_id, title="Polish the mirror", sprint_id=sprint_id)
    assert (task["title"], task["due_date"], task["sprint_id"]) == ("Polish the mirror", "2026-12-18", sprint_id)
    assert agent.structured("update_task", task_id=task_id, clear=["due_date", "sprint_id"]).get("due_date") is None
    assert owner.api.get(f"/tasks/{task_id}").json["description"] == "To a tenth of a wave."


def test_a_change_that_another_tool_makes_names_what_this_one_takes(agent: Agent, task_id: str) -> None:
    message = agent.refusal("update_task", task_id=task_id, state="done", assignees=["me"])
    assert "- state: There is no field “state” here. Use move_task for it. Allowed: " in message
    assert "- assignees:" in message


def test_a_task_is_moved(agent: Agent, project: ProjectAndBoard, task_id: str) -> None:
    other = agent.structured("create_task", board_id=project.board_id, title="Coat", state="review")["id"]
    assert agent.structured("move_task", task_id=task_id, before=other)["state"] == "review"
    tasks = agent.structured("list_tasks", board_id=project.board_id, state=["review"])["tasks"]
    assert [task["id"] for task in tasks] == [task_id, other]
    agent.structured("move_task", task_id=task_id, after=other)
    tasks = agent.structured("list_tasks", board_id=project.board_id, state=["review"])["tasks"]
    assert [task["id"] for task in tasks] == [other, task_id]
    assert agent.structured("move_task", task_id=task_id, state="done", position=1)["state"] == "done"


@pytest.mark.parametrize(
    ("position", "message"),
    [
        ({}, "state: Send a state, or one of before, after and position."),
        ({"state": "finished"}, "Allowed: backlog, ready, in_progress, review, done."),
        ({"position": 1, "before": "other"}, "position: Send one of position, before."),
        ({"before": "other"}, "list_tasks names the tasks of a board."),
    ],
)
def test_a_move_to_nowhere_is_refused(agent: Agent, task_id: str, position: dict[str, Any], message: str) -> None:
    position = {name: new_id("tsk") if value == "other" else value for name, value in position.items()}
    assert message in agent.refusal("move_task", task_id=task_id, **position)


def test_people_are_put_on_a_task_and_taken_off(agent: Agent, owner: TestUser, member: TestUser, task_id: str) -> None:
    def assigned(**people: list[str]) -> set[str]:
        return {person["id"] for person in agent.structured("assign_task", task_id=task_id, **people).get("assignees", [])}

    mine, theirs = owner.person.id, member.person.id
    assert assigned(add=["me"]) == {mine}
    assert assigned(add=[theirs]) == {mine, theirs}
    assert assigned(remove=["me"]) == {theirs}
    assert assigned(only=["me"]) == {mine}
    assert assigned(clear=["assignees"]) == set()


def test_only_people_of_the_project_can_be_assigned(agent: Agent, outsider: TestUser, task_id: str) -> None:
    message = agent.refusal("assign_task", task_id=task_id, add=[outsider.person.id])
    assert message.startswith("Some arguments cannot be used. Nothing was changed.\n- add/0: Nobody in this project has this id.")
    assert "get_project names the people" in message
    assert "add/0: No person in the project of the board" in agent.refusal("assign_task", task_id=task_id, add=["Nobody"])
    assert "only: Send only, or clear, or add and remove." in agent.refusal(
        "assign_task", task_id=task_id, add=["me"], only=["me"]
    )


def test_a_task_is_blocked_with_a_reason_and_unblocked(agent: Agent, task_id: str) -> None:
    task = agent.structured("update_task", task_id=task_id, blocked_reason="Waits for the glass.")
    assert (task["blocked"], task["blocked_reason"]) == (True, "Waits for the glass.")
    task = agent.structured("update_task", task_id=task_id, title="Grind")
    assert (task["blocked"], task["blocked_reason"]) == (True, "Waits for the glass.")
    task = agent.structured("update_task", task_id=task_id, clear=["blocked_reason"])
    assert (task["blocked"], "blocked_reason" in task) == (False, False)
    assert "- blocked_reason: Use at least one visible character" in agent.refusal(
        "update_task", task_id=task_id, blocked_reason=" "
    )


def test_a_task_that_was_blocked_without_a_reason_is_unblocked(agent: Agent, someone: TestUser, task_id: str) -> None:
    assert someone.api.patch(f"/tasks/{task_id}", json={"blocked": True}).json["blocked_reason"] is None
    assert agent.structured("update_task", task_id=task_id, clear=["blocked_reason"])["blocked"] is False


def test_a_comment_is_written(agent: Agent, owner: TestUser, task_id: str) -> None:
    comment = agent.structured("add_comment", task_id=task_id, body="Ground to **80**.")
    assert comment["author_name"] == owner.person.name
    assert [entry["body"] for entry in owner.api.get(f"/tasks/{task_id}/comments").json["data"]] == ["Ground to **80**."]


def test_a_checklist_is_made_and_ticked_off(agent: Agent, task_id: str) -> None:
    items = agent.structured("update_checklist", task_id=task_id, add=["Rough", "Fine"])["items"]
    assert [(item["text"], item["done"]) for item in items] == [("Rough", False), ("Fine", False)]
    first, second = (item["id"] for item in items)
    agent.structured("update_checklist", task_id=task_id, tick=[first, second])
    items = agent.structured("update_checklist", task_id=task_id, untick=[second], add=["Clean"])["items"]
    assert [(item["text"], item["done"]) for item in items] == [("Rough", True), ("Fine", False), ("Clean", False)]


def test_a_checklist_is_changed_as_a_whole_or_not_at_all(agent: Agent, project: ProjectAndBoard, task_id: str) -> None:
    other = agent.structured("create_task", board_id=project.board_id, title="Coat")["id"]
    mine = agent.structured("update_checklist", task_id=task_id, add=["Rough"])["items"][0]["id"]
    theirs = agent.structured("update_checklist", task_id=other, add=["Clean"])["items"][0]["id"]
    message = agent.refusal("update_checklist", task_id=task_id, tick=[mine, theirs], add=["More"])
    assert "tick/1: This task's checklist has no item with this id." in message
    assert "get_task names the items of the checklist." in message
    assert agent.structured("update_checklist", task_id=task_id)["items"] == [{"id": mine, "text": "Rough", "done": False}]
    assert "ticked and unticked at once" in agent.refusal("update_checklist", task_id=task_id, tick=[mine], untick=[mine])


def test_a_checklist_that_is_full_takes_nothing_of_what_does_not_fit(agent: Agent, task_id: str) -> None:
    for _ in range(3):
        agent.structured("update_checklist", task_id=task_id, add=["Rub"] * 50)
    items = agent.structured("update_checklist", task_id=task_id, add=["Rub"] * 49)["items"]
    message = agent.refusal("update_checklist", task_id=task_id, tick=[items[0]["id"]], add=["Rinse", "Dry"])
    assert "add: A checklist holds 200 items, and this one has 199." in message
    assert agent.structured("get_task", task_id=task_id)["checklist"] == items
    items = agent.structured("update_checklist", task_id=task_id, tick=[items[0]["id"]], add=["Rinse"])["items"]
    assert (len(items), items[0]["done"], items[-1]["text"]) == (200, True, "Rinse")


def test_an_item_checked_twice_is_recorded_once(agent: Agent, owner: TestUser, project: ProjectAndBoard, task_id: str) -> None:
    item_id = agent.structured("update_checklist", task_id=task_id, add=["Rough"])["items"][0]["id"]
    for _ in range(2):
        agent.structured("update_checklist", task_id=task_id, tick=[item_id])
    entries = owner.api.get(f"/projects/{project.project_id}/activity").json["data"]
    assert [entry["what"] for entry in entries if entry["subject_id"] == item_id] == [
        "checklist_item.changed",
        "checklist_item.created",
    ]


def test_many_tasks_are_made_each_for_itself(agent: Agent, project: ProjectAndBoard) -> None:
    tasks = [{"title": "One"}, {"title": "Two", "assignees": ["Ana"]}, {"title": "Three", "state": "ready", "assignees": ["me"]}]
    result = agent.structured("create_tasks", board_id=project.board_id, tasks=tasks)
    assert (result["created_count"], result["failed_count"]) == (2, 1)
    assert [task.get("id") is not None for task in result["tasks"]] == [True, False, True]
    assert result["tasks"][1]["faults"][0]["argument"] == "assignees/0"
    assert result["tasks"][1]["problem"] == "Some of its values cannot be used."
    assert len(agent.structured("list_tasks", board_id=project.board_id)["tasks"]) == 2


@pytest.mark.parametrize(("number", "expected"), [(2, [0, 1, 2]), (65, [0, *range(6, 65, 6), 65])])
def test_progress_is_reported_on_request(agent: Agent, project: ProjectAndBoard, number: int, expected: list[int]) -> None:
    arguments = {"board_id": project.board_id, "tasks": [{"title": "One"}] * number}
    stream = agent.ask("tools/call", {"name": "create_tasks", "arguments": arguments, "_meta": {"progressToken": "p"}})
    assert stream.mimetype == "text/event-stream"
    frames = [json.loads(line.removeprefix("data: ")) for line in stream.text.splitlines() if line.startswith("data: ")]
    assert [frame["params"]["progress"] for frame in frames[:-1]] == expected
    assert frames[-1]["result"]["structuredContent"]["created_count"] == number


@pytest.mark.parametrize("invalid_task", [{"title": ""}, {"title": "Two", "colour": "red"}, {}])
def test_what_is_no_task_refuses_all_and_says_so(agent: Agent, project: ProjectAndBoard, invalid_task: dict[str, str]) -> None:
    message = agent.refusal("create_tasks", board_id=project.board_id, tasks=[{"title": "One"}, invalid_task])
    assert "Nothing was done." in message
    assert "- tasks/1/" in message
    assert agent.structured("list_tasks", board_id=project.board_id)["tasks"] == []


def test_too_large_a_call_names_the_limit(agent: Agent, project: ProjectAndBoard) -> None:
    tasks = [{"title": "Long", "description": "x" * 19_000}] * 15
    refused = agent.error("tools/call", {"name": "create_tasks", "arguments": {"board_id": project.board_id, "tasks": tasks}})
    assert " 262144 bytes" in refused["message"]
    described = next(tool.description for tool in TOOLS if tool.name == "create_tasks")
    assert f" {262144 // 1024} KiB" in described
    assert agent.structured("create_tasks", board_id=project.board_id, tasks=tasks[:13])["created_count"] == 13


def test_tasks_for_an_invisible_board_are_refused_as_one(app: Flask, outsider: TestUser, project: ProjectAndBoard) -> None:
    message = Agent(app, outsider.key).refusal("create_tasks", board_id=project.board_id, tasks=[{"title": "One"}] * 3)
    assert "not a member" in message


def test_a_dry_run_tells_what_would_go_and_deletes_nothing(agent: Agent, task_id: str) -> None:
    agent.structured("add_comment", task_id=task_id, body="Ground.")
    agent.structured("update_checklist", task_id=task_id, add=["Rough", "Fine"])
    result = agent.structured("delete_task", task_id=task_id, dry_run=True)
    assert [result[name] for name in ("deleted", "comments", "checklist_items", "attachments")] == [False, 1, 2, 0]
    assert "Nothing was changed." in result["message"]
    assert agent.structured("get_task", task_id=task_id)["id"] == task_id


def test_a_client_that_cannot_ask_deletes_at_once(agent: Agent, task_id: str) -> None:
    assert agent.structured("delete_task", task_id=task_id)["deleted"] is True
    assert "search" in agent.refusal("get_task", task_id=task_id)


def test_a_person_is_asked_before_a_task_is_deleted(eliciting_agent: Agent, agent: Agent, task_id: str) -> None:
    arguments = {"task_id": task_id, "idempotency_key": task_id}
    request = eliciting_agent.call("delete_task", **arguments)
    assert request["resultType"] == "input_required"
    assert "Grind the mirror" in request["inputRequests"]["confirm"]["params"]["message"]
    assert agent.structured("get_task", task_id=task_id)["id"] == task_id
    declined = answer(eliciting_agent, "delete_task", arguments, request, action="decline")
    assert (declined["isError"], declined["structuredContent"]["deleted"]) == (False, False)
    Draft202012Validator(output_schema(Deletion)).validate(declined["structuredContent"])
    assert agent.structured("get_task", task_id=task_id)["id"] == task_id
    agreed = answer(eliciting_agent, "delete_task", arguments, request, action="accept", content={"confirm": True})
    assert agreed["structuredContent"]["deleted"] is True
    assert agent.call("get_task", task_id=task_id)["isError"] is True


@pytest.mark.parametrize(
    "response",
    [{"action": "accept"}, {"action": "accept", "content": {"confirm": "yes"}}, {"action": "accept", "content": []}, {}],
)
def test_an_answer_that_says_nothing_is_asked_for_again(eliciting_agent: Agent, task_id: str, response: dict[str, Any]) -> None:
    request = eliciting_agent.call("delete_task", task_id=task_id)
    assert answer(eliciting_agent, "delete_task", {"task_id": task_id}, request, **response)["resultType"] == "input_required"


def test_not_confirmed_is_not_deleted(eliciting_agent: Agent, agent: Agent, task_id: str) -> None:
    request = eliciting_agent.call("delete_task", task_id=task_id)
    refused = answer(eliciting_agent, "delete_task", {"task_id": task_id}, request, action="accept", content={"confirm": False})
    assert refused["structuredContent"]["deleted"] is False
    assert agent.structured("get_task", task_id=task_id)["id"] == task_id


@pytest.mark.parametrize("change", ["update_task", "add_comment"])
def test_what_changed_since_it_was_shown_is_shown_again(eliciting_agent: Agent, agent: Agent, task_id: str, change: str) -> None:
    request = eliciting_agent.call("delete_task", task_id=task_id)
    agent.structured(change, task_id=task_id, **({"title": "Keep me"} if change == "update_task" else {"body": "Keep me."}))
    retry = answer(eliciting_agent, "delete_task", {"task_id": task_id}, request, action="accept", content={"confirm": True})
    assert retry["resultType"] == "input_required"
    assert agent.structured("get_task", task_id=task_id)["id"] == task_id


def test_who_may_not_delete_is_not_asked_either(app: Flask, viewer: TestUser, task_id: str) -> None:
    message = Agent(app, viewer.key, capabilities=FORM_CAPABILITIES).refusal("delete_task", task_id=task_id)
    assert "You are a viewer of this project" in message
    assert "You are a viewer" in Agent(app, viewer.key).refusal("delete_task", task_id=task_id, dry_run=True)


def test_a_sprint_is_started_and_completed(agent: Agent, project: ProjectAndBoard, task_id: str, sprint_id: str) -> None:
    done = agent.structured("create_task", board_id=project.board_id, title="Coat", state="done", sprint_id=sprint_id)["id"]
    agent.structured("move_task", task_id=task_id, state="in_progress")
    agent.structured("plan_sprint", sprint_id=sprint_id, add=[task_id])
    assert agent.structured("start_sprint", sprint_id=sprint_id)["state"] == "active"
    result = agent.structured("complete_sprint", sprint_id=sprint_id, unfinished="backlog", dry_run=True)
    assert (result["completed"], result["unfinished_count"], result["sprint"]["state"]) == (False, 1, "active")
    assert result["unfinished"] == [{"id": task_id, "title": "Grind the mirror", "state": "in_progress"}]
    result = agent.structured("complete_sprint", sprint_id=sprint_id, unfinished="backlog")
    assert (result["completed"], result["sprint"]["state"], result["sprint"]["task_count"]) == (True, "completed", 1)
    assert agent.structured("get_task", task_id=task_id)["state"] == "backlog"
    assert agent.structured("get_task", task_id=done)["sprint_id"] == sprint_id


def test_a_person_is_asked_before_a_sprint_is_completed(
    eliciting_agent: Agent, agent: Agent, project: ProjectAndBoard, sprint_id: str
) -> None:
    following = agent.structured("plan_sprint", board_id=project.board_id, name="Second light")["id"]
    agent.structured("start_sprint", sprint_id=sprint_id)
    arguments = {"sprint_id": sprint_id, "move_to": following}
    request = eliciting_agent.call("complete_sprint", **arguments)
    task_id = agent.structured("create_task", board_id=project.board_id, title="Late", sprint_id=sprint_id)["id"]
    retry = answer(eliciting_agent, "complete_sprint", arguments, request, action="accept", content={"confirm": True})
    assert "which go on in the other sprint: 1." in retry["inputRequests"]["confirm"]["params"]["message"]
    cancelled = answer(eliciting_agent, "complete_sprint", arguments, retry, action="cancel")
    assert cancelled["structuredContent"]["completed"] is False
    agreed = answer(eliciting_agent, "complete_sprint", arguments, retry, action="accept", content={"confirm": True})
    assert agreed["structuredContent"]["completed"] is True
    assert agent.structured("get_task", task_id=task_id)["sprint_id"] == following


def test_what_would_leave_a_sprint_is_shown_to_those_who_may_read_tasks(
    app: Flask, agent: Agent, owner: TestUser, project: ProjectAndBoard, sprint_id: str
) -> None:
    agent.structured("create_task", board_id=project.board_id, title="Grind", sprint_id=sprint_id)
    agent.structured("start_sprint", sprint_id=sprint_id)
    narrow = Agent(app, owner.new_key(f"Sprints alone {sprint_id}", "sprints:read", "sprints:write"))
    result = narrow.structured("complete_sprint", sprint_id=sprint_id, unfinished="keep", dry_run=True)
    assert (result["unfinished_count"], result["not_readable"]) == (1, ["unfinished"])
    assert narrow.structured("complete_sprint", sprint_id=sprint_id, unfinished="keep")["completed"] is True


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        ({}, "unfinished: Send unfinished or move_to"),
        ({"unfinished": "keep", "move_to": new_id("spr")}, "unfinished: Send unfinished or move_to"),
        ({"unfinished": "later"}, "Allowed: backlog, keep."),
        ({"move_to": new_id("spr")}, "plan_sprint makes one"),
    ],
)
def test_it_must_be_clear_where_unfinished_tasks_go(
    eliciting_agent: Agent, agent: Agent, sprint_id: str, ends: Any, message: str
) -> None:
    agent.structured("start_sprint", sprint_id=sprint_id)
    assert message in eliciting_agent.refusal("complete_sprint", sprint_id=sprint_id, **ends)


def test_only_an_active_sprint_is_completed(eliciting_agent: Agent, sprint_id: str) -> None:
    message = eliciting_agent.refusal("complete_sprint", sprint_id=sprint_id, unfinished="keep")
    assert "Only an active sprint can be completed." in message
    assert "What to do: get_board names the active sprint of a board; start_sprint makes a planned one active." in message


def test_a_second_sprint_is_started_once_the_first_is_complete(agent: Agent, project: ProjectAndBoard, sprint_id: str) -> None:
    agent.structured("start_sprint", sprint_id=sprint_id)
    second = agent.structured("plan_sprint", board_id=project.board_id, name="Second light")["id"]
    message = agent.refusal("start_sprint", sprint_id=second)
    assert "This board has an active sprint." in message
    assert "complete_sprint ends the active one." in message
    agent.structured("complete_sprint", sprint_id=sprint_id, unfinished="keep")
    assert agent.structured("start_sprint", sprint_id=second)["state"] == "active"


@pytest.mark.parametrize("report", ["velocity", "throughput", "burndown", "cycle_time"])
def test_a_report_is_the_one_that_was_asked_for(app: Flask, owner: TestUser, project: ProjectAndBoard, report: str) -> None:
    result = Agent(app, owner.key, LEGACY[0]).structured("get_report", report=report, board_id=project.board_id)
    assert set(result) == {"report", report}
    expected = owner.api.get(f"/boards/{project.board_id}/reports/{report}").json
    assert result[report] == {name: value for name, value in expected.items() if value not in (None, [])}


def test_a_report_of_no_days_is_refused(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    agent = Agent(app, owner.key, LEGACY[0])
    days = {"starts_on": "2026-12-01", "ends_on": "2026-11-01"}
    message = agent.refusal("get_report", report="throughput", board_id=project.board_id, **days)
    assert "- starts_on: From 2026-12-01 to 2026-11-01 is no range" in message
    message = agent.refusal("get_report", report="burndown", board_id=project.board_id, sprint_id=new_id("spr"))
    assert "get_board names the active and the planned sprints" in message


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool.effect != "reads"], ids=lambda tool: tool.name)
def test_whatever_writes_takes_a_key_and_refuses_what_it_does_not_know(agent: Agent, tool: Any) -> None:
    assert [*tool.input_schema["properties"]][-1] == "idempotency_key"
    assert "- colour: There is no field “colour” here." in agent.refusal(tool.name, colour="red")


def test_invalid_arguments_are_described_for_an_agent(agent: Agent) -> None:
    message = agent.refusal("create_task", board_id="Telescope", title=" ", due_date="2026-02-30")
    assert message.splitlines() == [
        "The arguments do not fit. Nothing was done.",
        "- title: Use at least 1 character.",
        "- due_date: Send a date such as 2026-12-18; the day must exist.",
        "What to do: Correct the arguments named above and call it again.",
    ]
