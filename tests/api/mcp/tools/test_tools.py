"""Tools that read: their results, their pages, and what they never return."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from flask import Flask

from api.mcp.tools import TOOLS
from api.resources.work.task_query import Sort
from calmboard.ids import new_id
from tests.api.mcp.created import create_task
from tests.support.clients.agent import LEGACY, Agent
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

TODAY = datetime.now(UTC).date()


@pytest.fixture
def someone(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user()


def titles(tasks: list[dict[str, Any]]) -> list[str]:
    return [task["title"] for task in tasks]


def test_one_call_names_projects_and_boards(agent: Agent, project: ProjectAndBoard) -> None:
    (found,) = agent.structured("list_projects")["projects"]
    assert (found["id"], found["role"]) == (project.project_id, "owner")
    assert found["boards"] == [{"id": project.board_id, "name": "Telescope"}]


def test_projects_come_page_by_page(app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    other = add_project_and_board(app, someone, name="Dome")
    first = agent.structured("list_projects", limit=1)
    rest = agent.structured("list_projects", limit=1, cursor=first["next_cursor"])
    assert [project["id"] for page in (first, rest) for project in page["projects"]] == [project.project_id, other.project_id]
    assert "next_cursor" not in rest
    assert [project["name"] for project in agent.structured("list_projects", name="dO")["projects"]] == ["Dome"]


def test_a_project_tells_its_people_labels_and_boards(
    agent: Agent, someone: TestUser, member: TestUser, project: ProjectAndBoard
) -> None:
    label = someone.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"}).json
    found = agent.structured("get_project", project_id=project.project_id)
    assert {person["id"]: person["role"] for person in found["people"]}[member.person.id] == "member"
    assert found["labels"] == [{"id": label["id"], "name": "Optics"}]
    assert found["boards"] == [{"id": project.board_id, "name": "Telescope"}]


def test_what_a_key_may_not_read_is_named(app: Flask, someone: TestUser, project: ProjectAndBoard) -> None:
    agent = Agent(app, someone.new_key("Projects alone", "projects:read"))
    listed = agent.structured("list_projects")
    assert ("boards" in listed["projects"][0], listed["not_readable"]) == (False, ["boards"])
    found = agent.structured("get_project", project_id=project.project_id)
    assert found["not_readable"] == ["people", "labels", "boards"]
    assert not {"people", "labels", "boards"} & set(found)


def test_a_board_tells_how_it_stands(agent: Agent, someone: TestUser, member: TestUser, project: ProjectAndBoard) -> None:
    mine, theirs = [someone.person.id], [member.person.id]
    create_task(someone, project, "Grind", state="in_progress", assignees=theirs, blocked_reason="Waits for the glass.")
    create_task(someone, project, "Order", state="ready", due_date=str(TODAY - timedelta(days=1)))
    create_task(someone, project, "Pay", state="ready", due_date=str(TODAY), assignees=mine)
    create_task(someone, project, "Coat", state="review", assignees=theirs)
    create_task(someone, project, "Draw", state="done", assignees=mine, due_date="2020-01-01", blocked=True)
    board = agent.structured("get_board", board_id=project.board_id)
    assert [column["task_count"] for column in board["columns"]] == [0, 2, 1, 1, 1]
    assert [(task["title"], task["blocked_reason"]) for task in board["blocked"]["tasks"]] == [("Grind", "Waits for the glass.")]
    assert titles(board["late"]["tasks"]) == ["Order"]
    assert titles(board["in_review"]["tasks"]) == ["Coat"]
    assert board["unassigned_count"] == 1
    people = {person["id"]: (person["count"], titles(person["tasks"])) for person in board["people"]}
    assert people == {member.person.id: (2, ["Coat", "Grind"]), someone.person.id: (1, ["Pay"])}


def test_a_board_names_its_sprints_to_those_who_may_read_them(
    app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard
) -> None:
    sprints = [someone.api.post(f"/boards/{project.board_id}/sprints", json={"name": name}).json["id"] for name in ("One", "Two")]
    create_task(someone, project, "Grind", sprint_id=sprints[0])
    assert someone.api.post(f"/sprints/{sprints[0]}/start").status_code == 200
    board = agent.structured("get_board", board_id=project.board_id)
    assert (board["active_sprint"]["id"], board["active_sprint"]["task_count"]) == (sprints[0], 1)
    assert [sprint["id"] for sprint in board["planned_sprints"]] == [sprints[1]]
    narrow = Agent(app, someone.new_key("No sprints", "boards:read", "tasks:read"))
    board = narrow.structured("get_board", board_id=project.board_id)
    assert not {"active_sprint", "planned_sprints"} & set(board)
    assert board["not_readable"] == ["sprints"]


def test_more_than_fits_is_counted(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    operations = [
        {
            "op": "create",
            "board_id": project.board_id,
            "task": {"title": f"{n}", "state": "review", "assignees": [someone.person.id]},
        }
        for n in range(23)
    ]
    assert someone.api.post("/tasks/bulk", json={"operations": operations}).status_code == 200
    board = agent.structured("get_board", board_id=project.board_id)
    assert (board["in_review"]["count"], len(board["in_review"]["tasks"])) == (23, 20)
    assert (board["people"][0]["count"], len(board["people"][0]["tasks"])) == (23, 10)


def test_tasks_are_narrowed_by_every_filter(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    create_task(someone, project, "Grind", state="ready", assignees=[someone.person.id], due_date="2026-12-01")
    create_task(someone, project, "Grind again", state="ready", due_date="2026-12-01")
    create_task(someone, project, "Grind later", state="backlog", assignees=[someone.person.id])
    arguments = {"board_id": project.board_id, "state": ["ready"], "assignee": "me", "due_before": "2026-12-02", "q": "gRIND"}
    assert titles(agent.structured("list_tasks", **arguments)["tasks"]) == ["Grind"]


@pytest.mark.parametrize("sort", ["created_at", "-updated_at", "due_date", "position"])
def test_tasks_come_page_by_page_in_every_order(agent: Agent, someone: TestUser, project: ProjectAndBoard, sort: str) -> None:
    for number, state in enumerate(("review", "ready", "review")):
        create_task(someone, project, str(number), state=state, due_date=f"2026-12-0{number + 1}")
    all_tasks = agent.structured("list_tasks", board_id=project.board_id, sort=sort)["tasks"]
    page = agent.structured("list_tasks", board_id=project.board_id, sort=sort, limit=2)
    rest = agent.structured("list_tasks", board_id=project.board_id, sort=sort, limit=2, cursor=page["next_cursor"])
    assert page["tasks"] + rest["tasks"] == all_tasks
    assert (len(all_tasks), "next_cursor" in rest) == (3, False)


def test_what_is_on_my_plate_is_one_call(
    app: Flask, agent: Agent, someone: TestUser, member: TestUser, project: ProjectAndBoard
) -> None:
    other = add_project_and_board(app, someone, name="Dome")
    mine = {"assignees": [someone.person.id]}
    create_task(someone, project, "Grind", state="in_progress", **mine)
    create_task(someone, other, "Paint", state="ready", **mine)
    create_task(someone, other, "Painted", state="done", **mine)
    create_task(someone, project, "Theirs", state="ready", assignees=[member.person.id])
    plate = agent.structured("list_tasks", assignee="me", state=["backlog", "ready", "in_progress", "review"])["tasks"]
    locations = [(task["title"], task["board_id"], task["board_name"], task["project_name"]) for task in plate]
    assert locations == [("Grind", project.board_id, "Telescope", "Observatory"), ("Paint", other.board_id, "Telescope", "Dome")]


@pytest.mark.parametrize("sort", get_args(Sort))
def test_tasks_of_every_board_come_page_by_page_in_every_order(
    app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard, sort: str
) -> None:
    other = add_project_and_board(app, someone, name="Dome")
    for number, state in enumerate(("review", "ready", "review")):
        for board in (project, other):
            create_task(someone, board, str(number), state=state, due_date=f"2026-12-0{number + 1}")
    tasks: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = agent.structured("list_tasks", sort=sort, limit=1, **cursor)
        tasks += page["tasks"]
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert tasks == agent.structured("list_tasks", sort=sort)["tasks"]
    assert len({task["id"] for task in tasks}) == len(tasks) == 6


@pytest.mark.parametrize("filters", [{"label": "{label_id}"}, {"sprint_id": "{sprint_id}"}, {"q": "gRIND", "blocked": True}])
def test_tasks_of_every_board_are_narrowed_by_every_filter(
    app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard, filters: dict[str, Any]
) -> None:
    label_id = someone.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"}).json["id"]
    sprint_id = someone.api.post(f"/boards/{project.board_id}/sprints", json={"name": "First light"}).json["id"]
    create_task(someone, project, "Grind", labels=[label_id], sprint_id=sprint_id, blocked=True)
    create_task(someone, project, "Grind again")
    create_task(someone, add_project_and_board(app, someone), "Coat", blocked=True)
    ids = {"label_id": label_id, "sprint_id": sprint_id}
    arguments = {name: value.format(**ids) if isinstance(value, str) else value for name, value in filters.items()}
    assert titles(agent.structured("list_tasks", **arguments)["tasks"]) == ["Grind"]


def test_invisible_tasks_are_in_no_list(app: Flask, someone: TestUser, outsider: TestUser, project: ProjectAndBoard) -> None:
    other = add_project_and_board(app, someone, name="Dome")
    label_id = someone.api.post(f"/projects/{project.project_id}/labels", json={"name": "Optics"}).json["id"]
    create_task(someone, project, "Grind", assignees=[someone.person.id], labels=[label_id])
    limited = Agent(app, someone.new_key("One", project_ids=frozenset({other.project_id})))
    for arguments in ({"assignee": "me"}, {}):
        assert limited.structured("list_tasks", **arguments)["tasks"] == []
    outsider_agent = Agent(app, outsider.key)
    assert "out of this key's reach" in limited.refusal("list_tasks", label=label_id)
    assert "not a member" in outsider_agent.refusal("list_tasks", label=label_id)
    everything = outsider_agent.structured("list_tasks", limit=100, sort="-created_at")["tasks"]
    assert project.board_id not in {task["board_id"] for task in everything}


def test_boards_are_named_to_those_who_may_read_them(
    app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard
) -> None:
    create_task(someone, project, "Grind")
    (task,) = Agent(app, someone.new_key("Tasks alone", "tasks:read")).structured("list_tasks")["tasks"]
    assert task["board_id"] == project.board_id
    assert {"board_name", "project_name"}.isdisjoint(task)
    (task,) = agent.structured("list_tasks", board_id=project.board_id)["tasks"]
    assert {"board_name", "project_name"}.isdisjoint(task)


def test_a_cursor_of_another_list_is_refused(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    for number in range(2):
        create_task(someone, project, str(number))
    cursor = agent.structured("list_tasks", board_id=project.board_id, limit=1)["next_cursor"]
    for invalid_cursor in (cursor[:-2], "A" + cursor[1:] if cursor[0] != "A" else "B" + cursor[1:], "Prüfung"):
        assert "cursor" in agent.refusal("list_tasks", board_id=project.board_id, limit=1, cursor=invalid_cursor)
    message = agent.refusal("list_tasks", board_id=project.board_id, sort="due_date", cursor=cursor)
    assert "Call again without it" in message
    assert "cursor" in agent.refusal("list_tasks", cursor=cursor)
    assert "cursor" in agent.refusal("list_projects", cursor=cursor)


def test_a_task_tells_all_that_is_on_it(app: Flask, agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    task_id = create_task(someone, project, "Grind", description="To a *tenth* of a wave.")
    someone.api.post(f"/tasks/{task_id}/checklist", json={"text": "Clean"})
    someone.api.post(f"/tasks/{task_id}/checklist", json={"text": "Unpack", "position": 0})
    for number in range(22):
        someone.api.post(f"/tasks/{task_id}/comments", json={"body": f"Comment {number}"})
    task = agent.structured("get_task", task_id=task_id)
    assert (task["project_id"], task["board_name"]) == (project.project_id, "Telescope")
    assert task["description"] == "To a *tenth* of a wave."
    assert [item["text"] for item in task["checklist"]] == ["Unpack", "Clean"]
    assert [comment["body"] for comment in task["comments"]] == [f"Comment {number}" for number in range(2, 22)]
    narrow = Agent(app, someone.new_key("No comments", "tasks:read"))
    task = narrow.structured("get_task", task_id=task_id)
    assert {"comments", "board_name"}.isdisjoint(task)
    assert task["not_readable"] == ["board_name", "comments"]


def test_search_ranks_titles_before_text(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    in_text = create_task(someone, project, "Order glass", description="For the mirror, " + "and so on " * 40)
    starts = create_task(someone, project, "Mirror cell")
    within = create_task(someone, project, "Grind the mirror")
    exact = create_task(someone, project, "Mirror")
    create_task(someone, project, "Order steel")
    found = agent.structured("search", q="mirror")
    assert [result["id"] for result in found["hits"]] == [exact, starts, within, in_text]
    assert "For the mirror" in found["hits"][-1]["excerpt"]
    assert "excerpt" not in found["hits"][0]


def test_search_wants_every_word_wherever_it_stands(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    both = create_task(someone, project, "Refund PARTIAL captures", description="Twice.")
    create_task(someone, project, "Refund shipping")
    assert [result["id"] for result in agent.structured("search", q="captures twice refund")["hits"]] == [both]
    assert agent.structured("search", q="100% _")["hits"] == []


def test_search_finds_every_kind(agent: Agent, someone: TestUser, project: ProjectAndBoard) -> None:
    someone.api.patch(f"/projects/{project.project_id}", json={"description": "Zodiacal light"})
    someone.api.patch(f"/boards/{project.board_id}", json={"name": "Zodiacal board"})
    someone.api.post(f"/boards/{project.board_id}/sprints", json={"name": "First", "goal": "See zodiacal light."})
    task_id = create_task(someone, project, "Look", description="zodiacal")
    someone.api.post(f"/tasks/{task_id}/comments", json={"body": "Saw the zodiacal light."})
    results = agent.structured("search", q="Zodiacal")["hits"]
    assert {result["kind"] for result in results} == {"project", "board", "sprint", "task", "comment"}
    (comment,) = agent.structured("search", q="Zodiacal", kinds=["comment"])["hits"]
    assert (comment["title"], comment["task_id"]) == ("Look", task_id)
    assert (comment["project_name"], comment["board_name"]) == ("Observatory", "Zodiacal board")


def test_search_says_what_it_left_out(app: Flask, someone: TestUser, agent: Agent, project: ProjectAndBoard) -> None:
    task_id = create_task(someone, project, "Look")
    someone.api.post(f"/tasks/{task_id}/comments", json={"body": "Look there."})
    narrow = Agent(app, someone.new_key("Tasks alone", "tasks:read"))
    found = narrow.structured("search", q="look")
    assert [result["kind"] for result in found["hits"]] == ["task"]
    assert found["not_searched"] == ["project", "board", "comment", "sprint"]
    assert {"project_name", "board_name"}.isdisjoint(found["hits"][0])
    assert agent.structured("search", q="look", limit=1)["more"] is True


def test_nothing_invisible_is_found(app: Flask, someone: TestUser, outsider: TestUser, project: ProjectAndBoard) -> None:
    word = project.project_id.removeprefix("prj_")
    create_task(someone, project, f"About {word}")
    other = add_project_and_board(app, someone, name="Dome")
    limited = someone.new_key("One", project_ids=frozenset({other.project_id}))
    for secret in (outsider.key, limited):
        agent = Agent(app, secret)
        assert agent.structured("search", q=word)["hits"] == []
        assert project.project_id not in [project["id"] for project in agent.structured("list_projects", limit=100)["projects"]]


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool.effect == "reads"], ids=lambda tool: tool.name)
def test_reading_takes_the_same_queries_however_much_there_is(
    app: Flask, someone: TestUser, project: ProjectAndBoard, tool: Any
) -> None:
    agent = Agent(app, someone.key, LEGACY[0])  # repeats no argument in a header
    task_id = create_task(someone, project, "Grind", state="review", assignees=[someone.person.id], blocked=True)
    everything = {**vars(project), "task_id": task_id, "q": "Grind", "report": "cycle_time"}
    arguments = {name: everything[name] for name in tool.input_schema.get("required", ()) if name in everything}
    agent.structured(tool.name, **arguments)
    with recorded(app) as few:
        agent.structured(tool.name, **arguments)
    for number in range(3):
        create_task(someone, project, f"Grind {number}", state="review", assignees=[someone.person.id], blocked=True)
        someone.api.post(f"/tasks/{task_id}/comments", json={"body": "Grind."})
        someone.api.post(f"/tasks/{task_id}/checklist", json={"text": "Grind"})
    with recorded(app) as many:
        agent.structured(tool.name, **arguments)
    assert len(few) == len(many) <= 14, many


@pytest.mark.parametrize(
    ("tool", "argument", "advice"),
    [
        ("get_task", "task_id", "Find the task with search or list_tasks"),
        ("get_board", "board_id", "list_projects names every board"),
        ("get_project", "project_id", "list_projects names every project"),
        ("list_tasks", "board_id", "list_projects names every board"),
        ("list_tasks", "sprint_id", "get_board names the active and the planned sprints"),
        ("list_tasks", "label", "get_project names the labels"),
    ],
)
def test_an_unknown_id_is_answered_with_where_to_look(agent: Agent, tool: str, argument: str, advice: str) -> None:
    kinds = {"task_id": "tsk", "board_id": "brd", "project_id": "prj", "sprint_id": "spr", "label": "lbl"}
    assert f"What to do: {advice}" in agent.refusal(tool, **{argument: new_id(kinds[argument])})


def test_a_list_of_somebody_invisible_is_one_of_nobody(
    agent: Agent, member: TestUser, outsider: TestUser, project: ProjectAndBoard
) -> None:
    message = {agent.refusal("list_tasks", assignee=user_id) for user_id in (outsider.person.id, new_id("usr"))}
    assert len(message) == 1
    assert "- assignee: Nobody in a project in reach has this id." in message.pop()
    for arguments in ({"assignee": member.person.id}, {"assignee": "me"}, {"board_id": project.board_id, "state": ["done"]}):
        assert agent.structured("list_tasks", **arguments)["tasks"] == []


def test_a_refusal_names_the_tool_that_lists_what_is_visible(app: Flask, outsider: TestUser, project: ProjectAndBoard) -> None:
    message = Agent(app, outsider.key).refusal("get_board", board_id=project.board_id)
    assert "not a member" in message
    assert "list_projects tells what is in reach" in message


def test_a_name_for_an_id_is_answered_with_where_to_look(agent: Agent, project: ProjectAndBoard) -> None:
    assert "get_project names the people" in agent.refusal("list_tasks", board_id=project.board_id, assignee="Ana")
