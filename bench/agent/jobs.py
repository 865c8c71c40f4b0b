"""Twenty everyday jobs of an agent: as somebody says them, and the best sequence of calls for each, before and now.

Before, people, boards, labels and sprints went by id alone, and a change was for one task. What somebody says names the board
Relaunch, its sprints, people and labels; where it names tasks, by what people see: before their titles, now their numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.agent.workspace import BOARD, Agent, day

# Somebody of the seeded project beside the owner.
PERSON = "Mei Tanaka"
OPEN = ["backlog", "ready", "in_progress", "review"]


@dataclass(frozen=True)
class Job:
    """`before` and `now` get the agent and the ids, titles and numbers of the board's tasks."""

    text: str
    before: Callable[[Agent, "Tasks"], Any]
    now: Callable[[Agent, "Tasks"], Any]


@dataclass(frozen=True)
class Tasks:
    """What somebody sees of the tasks: titles, and now numbers too."""

    titles: Sequence[str]
    numbers: Sequence[str]


def board(agent: Agent) -> dict[str, str]:
    """Before: the ids of the board and its project."""
    for project in agent.call("list_projects")["projects"]:
        found = [one["id"] for one in project["boards"] if one["name"] == BOARD]
        if found:
            return {"board_id": found[0], "project_id": project["id"]}
    raise LookupError(BOARD)


def named(rows: Sequence[Any], name: str) -> str:
    found: str = next(row["id"] for row in rows if row.get("name", row.get("title")) == name)
    return found


def sprints(agent: Agent, board_id: str) -> list[Any]:
    summary = agent.call("get_board", board_id=board_id)
    return [summary["active_sprint"], *summary["planned_sprints"]]


def each(agent: Agent, tool: str, tasks: Sequence[Any], **change: Any) -> None:
    for task in tasks:
        agent.call(tool, task_id=task["id"], **change)


def listed(agent: Agent, board_id: str, **filters: Any) -> list[Any]:
    tasks: list[Any] = agent.call("list_tasks", board_id=board_id, limit=100, **filters)["tasks"]
    return tasks


def change(agent: Agent, fitting: dict[str, Any], **changes: Any) -> None:
    """Now: what fits is shown, then changed."""
    call = {"filter": {"board_id": BOARD, **fitting}, **changes}
    agent.call("change_tasks", **call, token=agent.call("change_tasks", **call)["token"])


def overdue_before(agent: Agent, _tasks: Tasks) -> None:
    listed(agent, board(agent)["board_id"], state=OPEN, due_before=day(0))


def overdue_now(agent: Agent, _tasks: Tasks) -> None:
    listed(agent, BOARD, state=OPEN, due_before=day(0))


def reviewed_before(agent: Agent, _tasks: Tasks) -> None:
    board_id = board(agent)["board_id"]
    each(agent, "move_task", listed(agent, board_id, state=["review"]), state="done")
    listed(agent, board_id, sprint_id=named(sprints(agent, board_id), "Sprint 12"), state=OPEN)


def reviewed_now(agent: Agent, _tasks: Tasks) -> None:
    change(agent, {"state": ["review"]}, state="done")
    listed(agent, BOARD, sprint_id=["Sprint 12"], state=OPEN)


def seven_before(agent: Agent, tasks: Tasks) -> None:
    found = listed(agent, board(agent)["board_id"])
    each(agent, "move_task", [task for task in found if task["title"] in tasks.titles[:7]], state="review")


def seven_now(agent: Agent, tasks: Tasks) -> None:
    agent.call("change_tasks", task_ids=tasks.numbers[:7], state="review")


def unassigned_before(agent: Agent, _tasks: Tasks) -> None:
    ids = board(agent)
    person = named(agent.call("get_project", project_id=ids["project_id"])["people"], PERSON)
    found = listed(agent, ids["board_id"], state=["backlog"])
    each(agent, "assign_task", [task for task in found if not task["assignees"]], add=[person])


def unassigned_now(agent: Agent, _tasks: Tasks) -> None:
    change(agent, {"state": ["backlog"], "assignee": ["none"]}, add_assignees=[PERSON])


def load_before(agent: Agent, _tasks: Tasks) -> None:
    agent.call("get_board", board_id=board(agent)["board_id"])


def load_now(agent: Agent, _tasks: Tasks) -> None:
    agent.call("list_tasks", board_id=BOARD, state=OPEN, count_by="assignee")


def bugs_before(agent: Agent, _tasks: Tasks) -> None:
    ids = board(agent)
    label = named(agent.call("get_project", project_id=ids["project_id"])["labels"], "bug")
    found = [task["id"] for task in listed(agent, ids["board_id"], label=label) if not task["sprint_id"]]
    agent.call("plan_sprint", sprint_id=named(sprints(agent, ids["board_id"]), "Sprint 13"), add=found)


def bugs_now(agent: Agent, _tasks: Tasks) -> None:
    change(agent, {"label": ["bug"], "sprint_id": ["none"]}, sprint_id="Sprint 13")


def new_before(agent: Agent, _tasks: Tasks) -> None:
    ids = board(agent)
    project = agent.call("get_project", project_id=ids["project_id"])
    sprint_id = named(sprints(agent, ids["board_id"]), "Sprint 12")
    who, label = named(project["people"], PERSON), named(project["labels"], "bug")
    values = {"title": "Totals round wrongly", "due_date": day(3), "sprint_id": sprint_id}
    agent.call("create_task", board_id=ids["board_id"], assignees=[who], labels=[label], **values)


def new_now(agent: Agent, _tasks: Tasks) -> None:
    values = {"title": "Totals round wrongly", "due_date": day(3), "sprint_id": "Sprint 12"}
    agent.call("create_task", board_id=BOARD, assignees=[PERSON], labels=["bug"], **values)


def blocked_before(agent: Agent, _tasks: Tasks) -> None:
    listed(agent, board(agent)["board_id"], blocked=True, state=OPEN)


def blocked_now(agent: Agent, _tasks: Tasks) -> None:
    listed(agent, BOARD, blocked_since=day(-7), state=OPEN)


def done_before(agent: Agent, _tasks: Tasks) -> None:
    listed(agent, board(agent)["board_id"], state=["done"], updated_since=f"{day(-7)}T00:00:00Z")


def done_now(agent: Agent, _tasks: Tasks) -> None:
    listed(agent, BOARD, done_since=day(-7))


def undated_before(agent: Agent, _tasks: Tasks) -> None:
    listed(agent, board(agent)["board_id"], state=OPEN)


def undated_now(agent: Agent, _tasks: Tasks) -> None:
    listed(agent, BOARD, state=OPEN, due_date="none")


def unblock_before(agent: Agent, _tasks: Tasks) -> None:
    ids = board(agent)
    label = named(agent.call("get_project", project_id=ids["project_id"])["labels"], "bank")
    each(agent, "update_task", listed(agent, ids["board_id"], blocked=True, label=label), blocked_reason=None)


def unblock_now(agent: Agent, _tasks: Tasks) -> None:
    change(agent, {"blocked": True, "label": ["bank"]}, clear=["blocked_reason"])


def plan_before(agent: Agent, _tasks: Tasks) -> None:
    board_id = board(agent)["board_id"]
    found = agent.call("list_tasks", board_id=board_id, state=["ready"], limit=5)["tasks"]
    agent.call("plan_sprint", board_id=board_id, name="Sprint 14", add=[task["id"] for task in found])


def plan_now(agent: Agent, _tasks: Tasks) -> None:
    found = agent.call("list_tasks", board_id=BOARD, state=["ready"], limit=5)["tasks"]
    agent.call("plan_sprint", board_id=BOARD, name="Sprint 14", add=[str(task["number"]) for task in found])


def complete_before(agent: Agent, _tasks: Tasks) -> None:
    found = sprints(agent, board(agent)["board_id"])
    ends = {"sprint_id": named(found, "Sprint 12"), "move_to": named(found, "Sprint 13")}
    agent.call("complete_sprint", **ends, dry_run=True)
    agent.call("complete_sprint", **ends)


def complete_now(agent: Agent, _tasks: Tasks) -> None:
    agent.call("complete_sprint", sprint_id="Sprint 12", move_to="Sprint 13", dry_run=True)
    agent.call("complete_sprint", sprint_id="Sprint 12", move_to="Sprint 13")


def comment_before(agent: Agent, tasks: Tasks) -> None:
    found = agent.call("search", q=tasks.titles[17], kinds=["task"])["hits"]
    agent.call("add_comment", task_id=named(found, tasks.titles[17]), body="Shipped.")


def comment_now(agent: Agent, tasks: Tasks) -> None:
    agent.call("add_comment", task_id=tasks.numbers[17], body="Shipped.")


def push_before(agent: Agent, _tasks: Tasks) -> None:
    each(agent, "update_task", listed(agent, board(agent)["board_id"], state=OPEN, due_before=day(0)), due_date=day(7))


def push_now(agent: Agent, _tasks: Tasks) -> None:
    change(agent, {"state": OPEN, "due_before": day(0)}, due_date=day(7))


def swap_before(agent: Agent, _tasks: Tasks) -> None:
    ids = board(agent)
    people = agent.call("get_project", project_id=ids["project_id"])["people"]
    found = listed(agent, ids["board_id"], state=["in_progress"], assignee="me")
    each(agent, "assign_task", found, remove=["me"], add=[named(people, PERSON)])


def swap_now(agent: Agent, _tasks: Tasks) -> None:
    change(agent, {"state": ["in_progress"], "assignee": ["me"]}, remove_assignees=["me"], add_assignees=[PERSON])


def label_before(agent: Agent, _tasks: Tasks) -> None:
    ids = board(agent)
    label = named(agent.call("get_project", project_id=ids["project_id"])["labels"], "urgent")
    for task in listed(agent, ids["board_id"], state=["review"]):
        agent.call("update_task", task_id=task["id"], labels=[*(one["id"] for one in task["labels"]), label])


def label_now(agent: Agent, _tasks: Tasks) -> None:
    change(agent, {"state": ["review"]}, add_labels=["urgent"])


def who_before(agent: Agent, _tasks: Tasks) -> None:
    agent.call("get_project", project_id=board(agent)["project_id"])


def who_now(agent: Agent, _tasks: Tasks) -> None:
    agent.call("get_project", project_id="Payments")


def plate(agent: Agent, _tasks: Tasks) -> None:
    agent.call("list_tasks", assignee="me", state=OPEN, limit=25)


def velocity_before(agent: Agent, _tasks: Tasks) -> None:
    agent.call("get_report", report="velocity", board_id=board(agent)["board_id"])


def velocity_now(agent: Agent, _tasks: Tasks) -> None:
    agent.call("get_report", report="velocity", board_id=BOARD)


JOBS = (
    Job("What is overdue on Relaunch, and whose?", overdue_before, overdue_now),
    Job("Move all reviewed tasks to done, and tell what is left of Sprint 12.", reviewed_before, reviewed_now),
    Job("Move these seven tasks to review.", seven_before, seven_now),
    Job("Give what nobody has in the backlog to Mei.", unassigned_before, unassigned_now),
    Job("How many open tasks has everybody?", load_before, load_now),
    Job("Put every bug without a sprint into Sprint 13.", bugs_before, bugs_now),
    Job("Add a bug for Mei to Sprint 12, due in three days.", new_before, new_now),
    Job("What was blocked this week?", blocked_before, blocked_now),
    Job("What got done this week?", done_before, done_now),
    Job("Which open tasks have no due date?", undated_before, undated_now),
    Job("Unblock whatever waits for the bank.", unblock_before, unblock_now),
    Job("Plan Sprint 14 from the first five ready tasks.", plan_before, plan_now),
    Job("Complete Sprint 12, and let the rest go on in Sprint 13.", complete_before, complete_now),
    Job("Comment on this task that it shipped.", comment_before, comment_now),
    Job("Put off everything that is late to next week.", push_before, push_now),
    Job("Mei takes over what I have in progress.", swap_before, swap_now),
    Job("Mark everything in review as urgent.", label_before, label_now),
    Job("Who is in Payments, and which labels are there?", who_before, who_now),
    Job("What is on my plate?", plate, plate),
    Job("How did the last sprints go?", velocity_before, velocity_now),
)
