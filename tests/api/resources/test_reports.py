"""Reports: what the product reports, against the same numbers calculated in a simpler way."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calmboard.clock import now
from calmboard.db import db
from calmboard.models import Sprint, SprintTask, Task
from tests.api.resources.test_sprints import complete, plan, start
from tests.api.resources.test_tasks import add
from tests.support.statements import recorded
from tests.support.users import ProjectAndBoard, TestUser, add_project_and_board

STARTED_AT = datetime(2026, 10, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LENGTH_H = 120

several = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def project(app: Flask, owner: TestUser) -> ProjectAndBoard:
    return add_project_and_board(app, owner)


def report(owner: TestUser, project: ProjectAndBoard, name: str) -> dict[str, Any]:
    answer = owner.api.get(f"/boards/{project.board_id}/reports/{name}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json
    return body


def change(owner: TestUser, task: dict[str, Any], **changes: Any) -> None:
    assert owner.api.patch(f"/tasks/{task['id']}", json=changes).status_code == 200


def save(app: Flask, *rows: Any) -> None:
    with app.app_context():
        for row in rows:
            db.session.add(row)
            db.session.flush()
        db.session.commit()


def done_task(project: ProjectAndBoard, number: int, done_at: datetime | None, took: timedelta | None = None) -> Task:
    started_at = done_at - took if done_at and took is not None else None
    times = {"done_at": done_at, "started_at": started_at}
    return Task(board_id=project.board_id, number=number, title=str(number), state="done", rank=f"V{number:09}", **times)


def test_a_board_without_anything_has_empty_reports(owner: TestUser, project: ProjectAndBoard) -> None:
    velocity = report(owner, project, "velocity")
    assert (velocity["sprints"], velocity["average_completed"]) == ([], None)
    throughput = report(owner, project, "throughput")
    assert (throughput["done"], throughput["average"], {period["done"] for period in throughput["periods"]}) == (0, 0, {0})
    times = report(owner, project, "cycle_time")
    assert [times[name] for name in ("done", "median_s", "p85_s", "p95_s", "tasks")] == [0, None, None, None, []]
    assert report(owner, project, "burndown") == {"board_id": project.board_id, "sprint_id": None, "committed": 0, "days": []}


@pytest.mark.parametrize("name", ["velocity", "throughput", "cycle_time", "burndown"])
def test_a_report_takes_the_same_queries_however_much_there_is(
    app: Flask, owner: TestUser, project: ProjectAndBoard, name: str
) -> None:
    numbers = []
    for tasks in (1, 5):
        run_sprint(owner, project, tasks)
        report(owner, project, name)
        with recorded(app) as statements:
            report(owner, project, name)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1] <= 5


def run_sprint(owner: TestUser, project: ProjectAndBoard, tasks: int) -> None:
    sprint_id = plan(owner, project)
    for number in range(tasks):
        add(owner, project, str(number), state="done", sprint_id=sprint_id)
    start(owner, sprint_id)
    complete(owner, sprint_id)


def test_velocity_counts_what_was_committed_added_removed_and_done(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id, following = plan(owner, project, "One"), plan(owner, project, "Two")
    done, left, reopened, carried = (add(owner, project, name, sprint_id=sprint_id) for name in "abcd")
    never = add(owner, project, "never", sprint_id=sprint_id)
    change(owner, never, sprint_id=None)
    start(owner, sprint_id)
    late, passing = (add(owner, project, name, sprint_id=sprint_id) for name in ("late", "passing"))
    change(owner, passing, sprint_id=None)
    change(owner, left, sprint_id=following)
    for task in (done, late, reopened):
        change(owner, task, state="done")
    change(owner, reopened, state="review")
    complete(owner, sprint_id, move_to=following)
    [sprint] = report(owner, project, "velocity")["sprints"]
    counts = {name: sprint[name] for name in ("committed", "added", "removed", "completed", "carried_over")}
    assert counts == {"committed": 4, "added": 1, "removed": 1, "completed": 2, "carried_over": 2}
    change(owner, done, state="ready")
    change(owner, late, sprint_id=None)
    change(owner, carried, state="done")
    assert report(owner, project, "velocity")["sprints"] == [sprint], "what happened after its end changes no sprint"


def test_velocity_averages_the_last_sprints_oldest_first(owner: TestUser, project: ProjectAndBoard) -> None:
    for number in range(3):
        sprint_id = plan(owner, project, str(number))
        for name in range(number + 1):
            add(owner, project, str(name), state="done", sprint_id=sprint_id)
        start(owner, sprint_id)
        complete(owner, sprint_id)
    velocity = report(owner, project, "velocity?sprints=2")
    assert [sprint["name"] for sprint in velocity["sprints"]] == ["1", "2"]
    assert (velocity["average_committed"], velocity["average_completed"]) == (2.5, 2.5)


def test_the_burndown_of_a_running_sprint_is_reported_up_to_now(owner: TestUser, project: ProjectAndBoard) -> None:
    sprint_id = plan(owner, project)
    first, second = add(owner, project, "a", sprint_id=sprint_id), add(owner, project, "b", sprint_id=sprint_id)
    assert report(owner, project, f"burndown?sprint_id={sprint_id}")["days"] == []
    start(owner, sprint_id)
    change(owner, first, state="done")
    add(owner, project, "c", sprint_id=sprint_id)
    change(owner, second, sprint_id=None)
    burndown = report(owner, project, "burndown")
    days = [day for day in burndown["days"] if day["scope"] is not None]
    assert (burndown["sprint_id"], burndown["committed"], len(burndown["days"])) == (sprint_id, 2, 14)
    assert (days[-1]["scope"], days[-1]["remaining"]) == (2, 1)
    assert (burndown["days"][-1]["ideal"], burndown["days"][-1]["remaining"]) == (0, None)
    change(owner, first, state="review")
    again = [day for day in report(owner, project, "burndown")["days"] if day["scope"] is not None]
    assert again[-1]["remaining"] == 2


def test_the_burndown_of_a_sprint_long_over_its_days_ends(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    started_at = now() - 500 * DAY
    save(app, Sprint(board_id=project.board_id, name="Endless", state="active", started_at=started_at, ends_on=started_at.date()))
    days = report(owner, project, "burndown")["days"]
    assert (len(days), days[0]["day"], days[-1]["ideal"]) == (366, started_at.date().isoformat(), 0)


def test_the_burndown_of_a_sprint_elsewhere_is_refused(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    elsewhere = plan(owner, add_project_and_board(app, owner))
    answer = owner.api.get(f"/boards/{project.board_id}/reports/burndown?sprint_id={elsewhere}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "sprint_id")


@pytest.mark.parametrize("name", ["throughput", "cycle_time"])
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("starts_on=2026-11-02&ends_on=2026-11-01", "starts_on"),
        ("starts_on=2026-01-01&ends_on=2027-01-02", "starts_on"),
        ("starts_on=2030-01-01", "starts_on"),
        ("starts_on=0001-01-01", "starts_on"),
        ("ends_on=9999-12-31", "ends_on"),
        ("ends_on=2026-02-30", "ends_on"),
    ],
)
def test_a_range_that_cannot_be_is_refused(
    owner: TestUser, project: ProjectAndBoard, name: str, query: str, pointer: str
) -> None:
    answer = owner.api.get(f"/boards/{project.board_id}/reports/{name}?{query}")
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (400, [pointer])


def test_a_day_ends_at_midnight_in_utc(app: Flask, owner: TestUser, project: ProjectAndBoard) -> None:
    midnight = datetime(2026, 10, 6, tzinfo=UTC)
    moments = (midnight - timedelta(microseconds=1), midnight, midnight + DAY - timedelta(microseconds=1), midnight + DAY)
    save(app, *[done_task(project, number, moment) for number, moment in enumerate(moments)])
    throughput = report(owner, project, "throughput?by=day&starts_on=2026-10-05&ends_on=2026-10-07")
    assert [period["done"] for period in throughput["periods"]] == [1, 2, 1]
    assert report(owner, project, "throughput?starts_on=2026-10-06&ends_on=2026-10-06")["done"] == 2


def test_throughput_goes_twelve_weeks_back_and_counts_a_task_done_now(owner: TestUser, project: ProjectAndBoard) -> None:
    add(owner, project, "Now", state="done")
    throughput = report(owner, project, "throughput")
    assert date.fromisoformat(throughput["ends_on"]) - date.fromisoformat(throughput["starts_on"]) == timedelta(days=83)
    assert (throughput["done"], throughput["periods"][-1]["done"]) == (1, 1)


@several
@given(st.lists(st.integers(0, 60 * 24), max_size=30), st.integers(0, 13), st.integers(0, 46))
def test_throughput_is_what_counting_one_by_one_gives(
    app: Flask, owner: TestUser, hours: list[int], first: int, length: int
) -> None:
    project = add_project_and_board(app, owner)
    origin = datetime(2026, 9, 1, tzinfo=UTC)
    save(app, *[done_task(project, number, origin + hour * HOUR) for number, hour in enumerate(hours)])
    starts_on = origin.date() + first * DAY
    days = [starts_on + number * DAY for number in range(length + 1)]
    done = Counter(origin.date() + hour // 24 * DAY for hour in hours)
    query = f"starts_on={days[0]}&ends_on={days[-1]}"
    by_day = report(owner, project, f"throughput?by=day&{query}")
    assert {period["starts_on"]: period["done"] for period in by_day["periods"]} == {str(day): done[day] for day in days}
    by_week = report(owner, project, f"throughput?by=week&{query}")
    weeks = Counter[tuple[int, int]]()
    for day in days:
        weeks[day.isocalendar()[:2]] += done[day]
    assert [period["done"] for period in by_week["periods"]] == [weeks[week] for week in sorted(weeks)]
    assert by_week["done"] == by_day["done"] == sum(weeks.values())
    assert by_day["average"] == pytest.approx(by_day["done"] / len(days), abs=0.01)


@several
@given(st.lists(st.integers(0, 4_000_000), max_size=45))
def test_cycle_times_are_what_sorting_gives(app: Flask, owner: TestUser, seconds: list[int]) -> None:
    project = add_project_and_board(app, owner)
    newest = [STARTED_AT - number * HOUR for number in range(len(seconds))]
    tasks = [done_task(project, number, newest[number], timedelta(seconds=took)) for number, took in enumerate(seconds)]
    save(app, *tasks, done_task(project, 99, STARTED_AT), done_task(project, 98, STARTED_AT + DAY, DAY))
    times = report(owner, project, "cycle_time?limit=7&ends_on=2026-10-05")
    ranked = sorted(seconds)
    for name, percent in (("median_s", 50), ("p85_s", 85), ("p95_s", 95)):
        assert times[name] == (ranked[ceil(len(ranked) * percent / 100) - 1] if ranked else None)
    assert times["done"] == len(seconds)
    assert [task["cycle_time_s"] for task in times["tasks"]] == seconds[:7]


def intervals(hours: list[int]) -> list[tuple[int, int | None]]:
    """Pairs of hours at which a task came and left, the last perhaps open."""
    return [(hours[index], hours[index + 1] if index + 1 < len(hours) else None) for index in range(0, len(hours), 2)]


histories = st.tuples(
    st.lists(st.integers(-30, LENGTH_H - 1), min_size=1, max_size=5, unique=True).map(sorted).map(intervals),
    st.one_of(st.none(), st.integers(-40, LENGTH_H - 1)),
    st.booleans(),
)
Histories = list[tuple[list[tuple[int, int | None]], int | None, bool]]


def save_sprint(app: Flask, project: ProjectAndBoard, tasks: Histories, *, is_over: bool) -> None:
    """Write a sprint with these histories. What is unfinished leaves when the sprint completes;
    what was done may have been opened again since.
    """
    completed_at = STARTED_AT + LENGTH_H * HOUR if is_over else None
    state = "completed" if is_over else "active"
    life = {"started_at": STARTED_AT, "completed_at": completed_at, "ends_on": STARTED_AT.date() + 9 * DAY}
    sprint = Sprint(board_id=project.board_id, name="Generated", state=state, **life)
    save(app, sprint)
    with app.app_context():
        db.session.add(sprint)
        for number, (spans, done_h, is_reopened) in enumerate(tasks):
            done_at = None if done_h is None else STARTED_AT + done_h * HOUR
            task = done_task(project, number, None if is_over and is_reopened else done_at)
            db.session.add(task)
            db.session.flush()
            for came, left in spans:
                removed_at = STARTED_AT + left * HOUR if left is not None else completed_at if done_at is None else None
                times = {"added_at": STARTED_AT + came * HOUR, "removed_at": removed_at}
                db.session.add(SprintTask(sprint_id=sprint.id, task_id=task.id, **times))
        db.session.commit()


def is_in(spans: list[tuple[int, int | None]], hour: float) -> bool:
    return any(came < hour and (left is None or left >= hour) for came, left in spans)


@several
@given(st.lists(histories, max_size=6))
def test_a_completed_sprint_is_reported_as_its_tasks_went(app: Flask, owner: TestUser, tasks: Histories) -> None:
    project = add_project_and_board(app, owner)
    save_sprint(app, project, tasks, is_over=True)
    at_start = {number for number, (spans, _, _) in enumerate(tasks) if is_in(spans, 0.5)}
    at_end = {number for number, (spans, _, _) in enumerate(tasks) if is_in(spans, LENGTH_H)}
    done = {number for number in at_end if tasks[number][1] is not None}
    [velocity] = report(owner, project, "velocity")["sprints"]
    assert (velocity["committed"], velocity["completed"], velocity["carried_over"]) == (
        len(at_start),
        len(done),
        len(at_end - done),
    )
    assert (velocity["added"], velocity["removed"]) == (len(at_end - at_start), len(at_start - at_end))
    last = report(owner, project, "burndown")["days"][-1]
    assert (last["scope"], last["remaining"]) == (len(at_end), len(at_end - done))


@several
@given(st.lists(histories, max_size=6))
def test_a_burndown_is_what_looking_at_each_midnight_gives(app: Flask, owner: TestUser, tasks: Histories) -> None:
    project = add_project_and_board(app, owner)
    save_sprint(app, project, tasks, is_over=False)
    burndown = report(owner, project, "burndown")
    for number, day in enumerate(burndown["days"]):
        assert day["day"] == str(STARTED_AT.date() + number * DAY)
        hour = 15 + 24 * number
        inside = [task for task in tasks if is_in(task[0], hour)]
        left = [task for task in inside if task[1] is None or task[1] >= hour]
        assert (day["scope"], day["remaining"]) == (len(inside), len(left))
        ideal = burndown["committed"] * max(0, 10 - (number + 1)) / 10
        assert day["ideal"] == pytest.approx(ideal, abs=0.01)
    assert burndown["days"][-1]["day"] == now().date().isoformat()
