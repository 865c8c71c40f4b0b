"""The rows of the demo workspace, created from the project files beside this module.

The files hold what cannot be generated. The rest (who, how long ago, due when) follows from each
task's title, so that it comes out the same every time. Days count from today.
"""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, insert, select

from calmboard import ids
from calmboard.access.credentials.passwords import hash_password
from calmboard.clock import now
from calmboard.db import Base, db
from calmboard.models import Board, Membership, Project, Sprint, SprintTask, Task, TaskAssignee, TaskCounter, User
from calmboard.models.columns import STATES
from calmboard.operations.seed.people import PEOPLE
from calmboard.work.tasks.positions import spread_ranks

Row = dict[str, Any]
T = TypeVar("T")

_PROJECTS = ("payments", "website", "platform", "garden")
_FOUNDED_DAYS_AGO = 140
_MAX_ROWS = 400


@dataclass(frozen=True, slots=True)
class _Profile:
    """The profile of the tasks of a column: days since creation and last change, and the sprints they can be in."""

    created_days_ago: tuple[float, float]
    changed_days_ago: tuple[float, float]
    staffed: float
    sprint_states: tuple[str, ...] = ()


_PROFILES = {
    "backlog": _Profile((6, 90), (1, 40), staffed=0.25),
    "ready": _Profile((8, 60), (0.5, 12), staffed=0.65, sprint_states=("active", "planned")),
    "in_progress": _Profile((6, 40), (0.05, 5), staffed=1, sprint_states=("active",)),
    "review": _Profile((8, 40), (0.05, 3), staffed=1, sprint_states=("active",)),
    "done": _Profile((45, 120), (1, 40), staffed=1, sprint_states=("completed", "completed", "active")),
}


def seed(password: str) -> bool:
    """Add the demo people, all with this password, and what they work on. Returns False where they exist already."""
    emails = [person.email for person in PEOPLE]
    if db.session.execute(select(User.id).where(func.lower(User.email).in_(emails))).first():
        db.session.rollback()
        return False
    workspace = _Workspace(now())
    workspace.add_people(hash_password(password))
    for name in _PROJECTS:
        workspace.add_project(tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")))
    workspace.assign_task_ids()
    for model, rows in workspace.rows.items():
        db.session.execute(insert(model), rows)
    db.session.commit()
    return True


class _Workspace:
    """Collects rows, table by table in the order in which they can be written."""

    def __init__(self, at: datetime) -> None:
        self._now = at.replace(microsecond=0)
        self._founded_at = self._days_ago(_FOUNDED_DAYS_AGO)
        self._ids = {prefix: _ascending_ids(prefix) for prefix in ("usr", "prj", "brd", "spr", "tsk")}
        self._user_ids = {person.slug: next(self._ids["usr"]) for person in PEOPLE}
        self._assignees: list[tuple[Row, set[str]]] = []
        models = (User, Project, TaskCounter, Membership, Board, Sprint, Task, TaskAssignee, SprintTask)
        self.rows: dict[type[Base], list[Row]] = {model: [] for model in models}

    def add_people(self, password_hash: str) -> None:
        for person in PEOPLE:
            user = {"id": self._user_ids[person.slug], "email": person.email, "name": person.name, "plan": person.plan}
            self._add(User, user | {"password_hash": password_hash, "created_at": self._founded_at})

    def add_project(self, project: Row) -> None:
        """Add a project, as a file has it, with its members and boards."""
        project_id = next(self._ids["prj"])
        named = {"id": project_id, "name": project["name"], "description": project["description"]}
        self._add(Project, named | self._founded())
        for slug, role in project["members"].items():
            member = {"user_id": self._user_ids[slug], "project_id": project_id, "role": role}
            self._add(Membership, member | {"joined_at": self._founded_at})
        workers = [self._user_ids[slug] for slug, role in project["members"].items() if role != "viewer"]
        for board in project["boards"]:
            self._add_board(project_id, board, workers)

    def assign_task_ids(self) -> None:
        """Ids and numbers ascend by creation time, as those of real tasks do, since lists by age are sorted by id."""
        self.rows[Task].sort(key=lambda task: task["created_at"])
        project_of = {board["id"]: board["project_id"] for board in self.rows[Board]}
        last_numbers: Counter[str] = Counter()
        for task in self.rows[Task]:
            project_id = project_of[task["board_id"]]
            last_numbers[project_id] += 1
            task.update(id=next(self._ids["tsk"]), number=last_numbers[project_id])
            self._record_sprint(task)
        self.rows[TaskCounter] = [{"project_id": project_id, "last_number": last} for project_id, last in last_numbers.items()]
        self.rows[TaskAssignee] = [
            {"task_id": task["id"], "user_id": user_id} for task, team in self._assignees for user_id in team
        ]

    def _add_board(self, project_id: str, board: Row, workers: Sequence[str]) -> None:
        board_id = next(self._ids["brd"])
        self._add(Board, {"id": board_id, "project_id": project_id, "name": board["name"]} | self._founded())
        sprints = [self._add_sprint(board_id, sprint) for sprint in board.get("sprints", ())]
        for state in STATES:
            ranks = spread_ranks(len(board[state]))
            for rank, (title, details) in zip(ranks, board[state].items(), strict=True):
                position = {"board_id": board_id, "state": state, "rank": rank}
                self._add_task(position, title, details, _sprint_of(state, title, sprints), workers)

    def _add_sprint(self, board_id: str, sprint: Row) -> Row:
        starts_on, ends_on = (self._now.date() + timedelta(days=sprint[side]) for side in ("starts", "ends"))
        planned_at = self._days_ago(5 - min(0, sprint["starts"]))
        started_at = self._days_ago(-sprint["starts"]) if sprint["state"] != "planned" else None
        completed_at = self._days_ago(-sprint["ends"]) if sprint["state"] == "completed" else None
        row = {name: sprint[name] for name in ("name", "goal", "state")} | {
            "id": next(self._ids["spr"]),
            "board_id": board_id,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "started_at": started_at,
            "completed_at": completed_at,
            "created_at": planned_at,
            "updated_at": completed_at or started_at or planned_at,
        }
        self._add(Sprint, row)
        return row

    def _add_task(self, position: Row, title: str, details: Row, sprint: Row | None, workers: Sequence[str]) -> None:
        state = position["state"]
        changed_at = self._changed_at(state, title, sprint)
        created_at = min(changed_at, self._days_ago(_between(*_PROFILES[state].created_days_ago, "made", title)))
        task = position | {
            "title": title,
            "description": details.get("text", "").strip(),
            "due_date": self._due_date(state, title),
            "blocked": "blocked" in details,
            "blocked_reason": details.get("blocked"),
            "blocked_at": changed_at if "blocked" in details else None,
            "pinned": details.get("pinned", False),
            "sprint_id": sprint and sprint["id"],
            "started_at": max(created_at, changed_at - timedelta(days=3)) if state in ("in_progress", "review", "done") else None,
            "done_at": changed_at if state == "done" else None,
            "created_by": _pick(workers, "author", title),
            "created_at": created_at,
            "updated_at": changed_at,
        }
        self._add(Task, task)
        if _chance("staffed", title) < _PROFILES[state].staffed:
            self._assignees.append((task, _team(workers, title)))

    def _record_sprint(self, task: Row) -> None:
        """A task was in its sprint since that began, or since it was created."""
        sprint = next((sprint for sprint in self.rows[Sprint] if sprint["id"] == task["sprint_id"]), None)
        if sprint is not None:
            added_at = max(task["created_at"], sprint["started_at"] or sprint["created_at"])
            self._add(
                SprintTask, {"id": ids.new_id("spt"), "sprint_id": sprint["id"], "task_id": task["id"], "added_at": added_at}
            )

    def _changed_at(self, state: str, title: str, sprint: Row | None) -> datetime:
        span = _PROFILES[state].changed_days_ago
        if state == "done" and sprint is not None:
            today = self._now.date()
            span = (max(0.05, (today - sprint["ends_on"]).days), (today - sprint["starts_on"]).days)
        return self._days_ago(_between(*span, "changed", title))

    def _due_date(self, state: str, title: str) -> date | None:
        if state == "done" or _chance("is due", title) > 0.55:
            return None
        return self._now.date() + timedelta(days=round(_between(-4, 24, "due", title)))

    def _add(self, model: type[Base], row: Row) -> None:
        self.rows[model].append(row)

    def _founded(self) -> Row:
        return {"created_at": self._founded_at, "updated_at": self._founded_at}

    def _days_ago(self, days: float) -> datetime:
        return (self._now - timedelta(days=days)).replace(microsecond=0)


def _ascending_ids(prefix: str) -> Iterator[str]:
    return iter(sorted(ids.new_id(prefix) for _ in range(_MAX_ROWS)))


def _sprint_of(state: str, title: str, sprints: Sequence[Row]) -> Row | None:
    fitting = [sprint for wanted in _PROFILES[state].sprint_states for sprint in sprints if sprint["state"] == wanted]
    return _pick(fitting, "sprint", title) if fitting else None


def _team(workers: Sequence[str], title: str) -> set[str]:
    """One person, or for every third task two."""
    second = _pick(workers, "second", title) if _chance("pair", title) < 1 / 3 else None
    return {user_id for user_id in (_pick(workers, "first", title), second) if user_id}


def _pick(choices: Sequence[T], question: str, title: str) -> T:
    return choices[int(_chance(question, title) * len(choices))]


def _between(low: float, high: float, question: str, title: str) -> float:
    return low + (high - low) * _chance(question, title)


def _chance(question: str, title: str) -> float:
    """A pseudo-random number from 0 up to 1 that is always the same for the same words."""
    return int.from_bytes(hashlib.sha256(f"{question}: {title}".encode()).digest()[:6]) / 2**48
