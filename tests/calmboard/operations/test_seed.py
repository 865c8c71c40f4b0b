"""The demo workspace: what a newcomer sees first, and what examples and tests rely on."""

import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from flask import Flask
from sqlalchemy import func, select

from calmboard.access.credentials.passwords import verify
from calmboard.clock import now
from calmboard.db import Base, db
from calmboard.models import Board, Membership, Project, Sprint, SprintTask, Task, TaskAssignee, User
from calmboard.models.columns import STATES
from calmboard.operations.seed import PEOPLE, demo_password, seed
from calmboard.settings import read_settings
from tests.support.servers.databases import Databases
from tests.support.users import DEMO_PASSWORD

MakeApp = Callable[..., Flask]


@pytest.fixture
def seeded(make_app: MakeApp, database: Databases) -> Flask:
    """An app on a copy of the database that was seeded for this run, which no other test has changed."""
    return make_app(database_url=database.seeded())


def test_every_demo_user_is_there_with_their_plan_and_the_one_password(seeded: Flask) -> None:
    with seeded.app_context():
        people = [verify(f"{slug}@calmboard.test", DEMO_PASSWORD) for slug in ("owner", "member", "viewer", "outsider", "free")]
    assert [person.plan for person in people if person] == ["pro", "pro", "pro", "pro", "free"]


def test_roles_are_those_of_the_names(seeded: Flask) -> None:
    statement = select(User.email, Membership.role, func.count()).join(User).group_by(User.email, Membership.role)
    with seeded.app_context():
        rows = {(email.partition("@")[0], role, number) for email, role, number in db.session.execute(statement)}
    assert rows == {
        ("owner", "owner", 3),
        ("member", "member", 3),
        ("viewer", "viewer", 3),
        ("free", "member", 3),
        ("outsider", "owner", 1),
    }


def test_it_holds_three_shared_projects_six_boards_and_about_two_hundred_tasks(seeded: Flask) -> None:
    with seeded.app_context():
        boards = Counter(db.session.execute(select(Project.name).join(Board)).scalars())
        assert boards == {"Payments": 2, "Website": 2, "Platform": 2, "Garden": 1}
        assert 180 <= count(Task) <= 220
        states = db.session.execute(select(Task.board_id, Task.state).distinct()).all()
        assert len(states) == len(STATES) * count(Board)


def test_no_two_tasks_are_called_alike_and_many_are_described(seeded: Flask) -> None:
    with seeded.app_context():
        titles = db.session.execute(select(Task.title)).scalars().all()
        described = db.session.execute(select(func.count()).where(Task.description != "")).scalar_one()
    assert len(titles) == len(set(titles))
    assert described > len(titles) / 3


def test_some_tasks_are_blocked_with_a_reason_some_pinned_and_some_due(seeded: Flask) -> None:
    with seeded.app_context():
        tasks = db.session.execute(select(Task)).scalars().all()
        assert sum(task.pinned for task in tasks) >= 5
        assert all(task.blocked == bool(task.blocked_reason) for task in tasks)
        assert sum(task.blocked for task in tasks) >= 5
        today = now().date()
        assert {task.due_date > today for task in tasks if task.due_date} == {True, False}


def test_sprints_are_past_running_and_planned_with_tasks_of_their_own_board(seeded: Flask) -> None:
    today = now().date()
    with seeded.app_context():
        for sprint in db.session.execute(select(Sprint)).scalars():
            assert sprint.starts_on
            assert sprint.ends_on
            state = "planned" if sprint.starts_on > today else "active" if sprint.ends_on >= today else "completed"
            assert sprint.state == state
            boards = db.session.execute(select(Task.board_id).where(Task.sprint_id == sprint.id).distinct()).scalars().all()
            assert boards == [sprint.board_id], f"{sprint.name} has no tasks, or those of another board"


def test_moments_fit_the_state_that_a_task_is_in(seeded: Flask) -> None:
    begun = STATES[2:]
    with seeded.app_context():
        tasks = db.session.execute(select(Task)).scalars().all()
        in_a_sprint = set(map(tuple, db.session.execute(select(SprintTask.task_id, SprintTask.sprint_id))))
    assert all((task.started_at is not None) == (task.state in begun) for task in tasks)
    assert all((task.done_at is not None) == (task.state == "done") for task in tasks)
    assert in_a_sprint == {(task.id, task.sprint_id) for task in tasks if task.sprint_id}


def test_whoever_is_on_a_task_may_change_it(seeded: Flask) -> None:
    role = select(Membership.role).where(Membership.user_id == TaskAssignee.user_id, Membership.project_id == Board.project_id)
    statement = select(role.scalar_subquery()).select_from(TaskAssignee).join(Task).join(Board)
    with seeded.app_context():
        assert set(db.session.execute(statement).scalars()) == {"owner", "member"}


def test_ids_rise_with_age_and_nothing_is_changed_before_it_is_made_or_in_the_future(seeded: Flask) -> None:
    with seeded.app_context():
        tasks = db.session.execute(select(Task).order_by(Task.id)).scalars().all()
        created = [task.created_at for task in tasks]
        assert created == sorted(created)
        assert all(task.created_at <= task.updated_at <= now() for task in tasks)


def test_it_is_quick_and_the_second_time_changes_nothing(seeded: Flask) -> None:
    models: tuple[type[Base], ...] = (User, Project, Membership, Board, Sprint, Task, TaskAssignee)
    with seeded.app_context():
        before = [count(model) for model in models]
        started = perf_counter()
        assert not seed("another password")
        assert perf_counter() - started < 2
        assert [count(model) for model in models] == before
        assert verify("owner@calmboard.test", DEMO_PASSWORD)


def test_a_made_up_password_stays_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = read_settings({}, tmp_path)
    password = demo_password(settings)
    assert len(password) >= 20
    assert demo_password(settings) == password
    assert stat.S_IMODE((tmp_path / "demo-password").stat().st_mode) == 0o600


def test_a_password_that_is_set_is_taken_and_not_written_down(tmp_path: Path) -> None:
    assert demo_password(read_settings({"CALMBOARD_DEMO_PASSWORD": "open the garden gate"}, tmp_path)) == "open the garden gate"
    assert not (tmp_path / "demo-password").exists()


def test_every_name_is_somebody_s_own() -> None:
    assert len({person.name for person in PEOPLE}) == len(PEOPLE)


def count(model: type[Base]) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()
