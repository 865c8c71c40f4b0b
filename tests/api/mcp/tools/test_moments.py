"""When work was blocked and when it was done, as agents are told."""

from datetime import UTC, datetime

from tests.support.agent import Agent
from tests.support.users import ProjectAndBoard


def moment(told: str | None) -> datetime:
    assert told is not None
    return datetime.fromisoformat(told)


def test_a_blocked_task_tells_since_when_for_as_long_as_it_is(agent: Agent, task_id: str) -> None:
    before = datetime.now(UTC)
    blocked = agent.structured("update_task", task_id=task_id, blocked_reason="No glass.")
    assert before <= moment(blocked["blocked_at"]) <= datetime.now(UTC)
    assert agent.structured("update_task", task_id=task_id, blocked_reason="No sand.")["blocked_at"] == blocked["blocked_at"]
    assert agent.structured("update_task", task_id=task_id, title="Grind it")["blocked_at"] == blocked["blocked_at"]
    assert agent.structured("get_task", task_id=task_id)["blocked_at"] == blocked["blocked_at"]
    assert agent.structured("update_task", task_id=task_id, blocked_reason=None)["blocked_at"] is None
    again = agent.structured("update_task", task_id=task_id, blocked_reason="No glass.")
    assert moment(again["blocked_at"]) > moment(blocked["blocked_at"])


def test_a_task_that_is_blocked_from_the_start_tells_since_when(agent: Agent, place: ProjectAndBoard) -> None:
    task = agent.structured("create_task", board_id=place.board_id, title="Coat", blocked_reason="No silver.")
    assert moment(task["blocked_at"]) <= moment(task["updated_at"])


def test_a_task_that_is_done_tells_when_until_it_is_not(agent: Agent, place: ProjectAndBoard, task_id: str) -> None:
    before = datetime.now(UTC)
    done = agent.structured("move_task", task_id=task_id, state="done")
    assert before <= moment(done["done_at"]) <= datetime.now(UTC)
    agent.structured("update_task", task_id=task_id, title="Ground")
    (listed,) = agent.structured("list_tasks", board_id=place.board_id, state=["done"])["tasks"]
    assert listed["done_at"] == done["done_at"]
    assert agent.structured("move_task", task_id=task_id, state="review")["done_at"] is None


def test_a_board_tells_what_is_blocked_longest_first(agent: Agent, place: ProjectAndBoard) -> None:
    tasks = [agent.structured("create_task", board_id=place.board_id, title=title)["id"] for title in ("One", "Two", "Three")]
    order = [tasks[2], tasks[0], tasks[1]]
    for task_id in order:
        agent.structured("update_task", task_id=task_id, blocked_reason="No glass.")
    agent.structured("move_task", task_id=tasks[1], state="review")
    told = agent.structured("get_board", board_id=place.board_id)["blocked"]["tasks"]
    assert [task["id"] for task in told] == order
    assert [task["blocked_at"] for task in told] == sorted(task["blocked_at"] for task in told)


def test_the_stand_up_tells_since_when(agent: Agent, place: ProjectAndBoard, task_id: str) -> None:
    done_id = agent.structured("create_task", board_id=place.board_id, title="Draw", state="done")["id"]
    done_at = agent.structured("get_task", task_id=done_id)["done_at"]
    blocked_at = agent.structured("update_task", task_id=task_id, blocked_reason="No glass.")["blocked_at"]
    board, changed, _ = agent.result("prompts/get", {"name": "stand_up", "arguments": {"board": place.board_id}})["messages"]
    assert f'blocked since {blocked_at[:10]}, waits for "No glass."' in board["content"]["resource"]["text"]
    assert f"- {done_id} · Done since {done_at[:10]} · " in changed["content"]["text"]
