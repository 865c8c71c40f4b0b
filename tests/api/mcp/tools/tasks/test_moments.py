"""When work was blocked and when it was done, in the results of tools."""

from datetime import UTC, datetime

from tests.support.clients.agent import Agent
from tests.support.users import ProjectAndBoard


def parse_time(value: str | None) -> datetime:
    assert value is not None
    return datetime.fromisoformat(value)


def test_a_blocked_task_tells_since_when_for_as_long_as_it_is(agent: Agent, task_id: str) -> None:
    before = datetime.now(UTC)
    blocked = agent.structured("update_task", task_id=task_id, blocked_reason="No glass.")
    assert before <= parse_time(blocked["blocked_at"]) <= datetime.now(UTC)
    assert agent.structured("update_task", task_id=task_id, blocked_reason="No sand.")["blocked_at"] == blocked["blocked_at"]
    assert agent.structured("update_task", task_id=task_id, title="Grind it")["blocked_at"] == blocked["blocked_at"]
    assert agent.structured("get_task", task_id=task_id)["blocked_at"] == blocked["blocked_at"]
    assert agent.structured("update_task", task_id=task_id, clear=["blocked_reason"]).get("blocked_at") is None
    again = agent.structured("update_task", task_id=task_id, blocked_reason="No glass.")
    assert parse_time(again["blocked_at"]) > parse_time(blocked["blocked_at"])


def test_a_task_that_is_blocked_from_the_start_tells_since_when(agent: Agent, project: ProjectAndBoard) -> None:
    task = agent.structured("create_task", board_id=project.board_id, title="Coat", blocked_reason="No silver.")
    assert parse_time(task["blocked_at"]) <= parse_time(task["updated_at"])


def test_a_task_that_is_done_tells_when_until_it_is_not(agent: Agent, project: ProjectAndBoard, task_id: str) -> None:
    before = datetime.now(UTC)
    done = agent.structured("move_task", task_id=task_id, state="done")
    assert before <= parse_time(done["done_at"]) <= datetime.now(UTC)
    agent.structured("update_task", task_id=task_id, title="Ground")
    (listed,) = agent.structured("list_tasks", board_id=project.board_id, state=["done"])["tasks"]
    assert listed["done_at"] == done["done_at"]
    assert agent.structured("move_task", task_id=task_id, state="review").get("done_at") is None


def test_a_board_tells_what_is_blocked_longest_first(agent: Agent, project: ProjectAndBoard) -> None:
    tasks = [agent.structured("create_task", board_id=project.board_id, title=title)["id"] for title in ("One", "Two", "Three")]
    order = [tasks[2], tasks[0], tasks[1]]
    for task_id in order:
        agent.structured("update_task", task_id=task_id, blocked_reason="No glass.")
    agent.structured("move_task", task_id=tasks[1], state="review")
    tasks = agent.structured("get_board", board_id=project.board_id)["blocked"]["tasks"]
    assert [task["id"] for task in tasks] == order
    assert [task["blocked_at"] for task in tasks] == sorted(task["blocked_at"] for task in tasks)


def test_the_stand_up_tells_since_when(agent: Agent, project: ProjectAndBoard, task_id: str) -> None:
    done_id = agent.structured("create_task", board_id=project.board_id, title="Draw", state="done")["id"]
    done_at = agent.structured("get_task", task_id=done_id)["done_at"]
    blocked_at = agent.structured("update_task", task_id=task_id, blocked_reason="No glass.")["blocked_at"]
    board, changed, _ = agent.result("prompts/get", {"name": "stand_up", "arguments": {"board": project.board_id}})["messages"]
    assert f'blocked since {blocked_at[:10]}, waits for "No glass."' in board["content"]["resource"]["text"]
    assert f"- {done_id} · Done since {done_at[:10]} · " in changed["content"]["text"]
