"""A program on the client that openapi-python-client made. Arguments: the server, a key, a project and a board of it."""

import datetime
import sys

from calm_board_api_client import AuthenticatedClient
from calm_board_api_client.api.projects import list_projects
from calm_board_api_client.api.tasks import change_task, create_task, list_tasks, read_task
from calm_board_api_client.models import (
    ListTasksStateItem,
    NewTask,
    Problem,
    ProjectList,
    Task,
    TaskChanges,
    TaskList,
)
from calm_board_api_client.types import UNSET

url, key, project_id, board_id = sys.argv[1:]
with AuthenticatedClient(url, key) as client:
    projects = list_projects.sync(client=client)
    assert isinstance(projects, ProjectList)
    assert project_id in [project.id for project in projects.data]

    created = [create_task.sync(board_id, client=client, body=NewTask(title=title)) for title in ("Trim", "Fill", "Light")]
    tasks = [task for task in created if isinstance(task, Task)]
    assert len(tasks) == 3
    for task, state in zip(tasks, ("done", "review"), strict=False):
        changed = change_task.sync(task.id, client=client, body=TaskChanges.from_dict({"state": state}))
        assert isinstance(changed, Task)
        assert changed.state.value == state

    states, titles, cursor = [ListTasksStateItem.DONE, ListTasksStateItem.REVIEW], [], None
    while True:
        day = datetime.datetime.now(datetime.UTC).date()
        page = list_tasks.sync(board_id, client=client, state=states, limit=1, updated_since=day, cursor=cursor or UNSET)
        assert isinstance(page, TaskList)
        titles += [task.title for task in page.data]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(titles) == ["Fill", "Trim"]

    missing = read_task.sync(f"{tasks[0].id[:-1]}{'0' if tasks[0].id[-1] != '0' else '1'}", client=client)
    assert isinstance(missing, Problem)
    assert missing.status == 404
