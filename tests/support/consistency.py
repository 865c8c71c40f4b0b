"""What concurrent writers must never leave behind, asked of the database itself."""

from typing import Any

from flask import Flask
from sqlalchemy import text

from calmboard.db import db


def find_contradictions(app: Flask, project_id: str) -> list[tuple[Any, ...]]:
    """What the database says of a project and cannot be: each with the row that says so."""
    with app.app_context(), db.engine.connect() as connection:
        return [tuple(row) for query in _CONTRADICTIONS for row in connection.execute(text(query), {"project_id": project_id})]


_TASKS = "FROM tasks JOIN boards ON boards.id = tasks.board_id WHERE boards.project_id = :project_id"
_CONTRADICTIONS = (
    f"SELECT 'assignee is no member', task_id, user_id FROM task_assignees WHERE task_id IN (SELECT tasks.id {_TASKS}) "
    "AND user_id NOT IN (SELECT user_id FROM memberships WHERE project_id = :project_id)",
    f"SELECT 'not done in a completed sprint', tasks.id {_TASKS} AND state < 4 "
    "AND sprint_id IN (SELECT id FROM sprints WHERE state = 'completed')",
    f"SELECT 'sprint of another board', tasks.id {_TASKS} AND sprint_id IS NOT NULL "
    "AND sprint_id NOT IN (SELECT id FROM sprints WHERE sprints.board_id = tasks.board_id)",
    f"SELECT 'stays and sprint differ', tasks.id {_TASKS} AND coalesce(sprint_id, '') != coalesce("
    "(SELECT max(sprint_id) FROM sprint_tasks WHERE task_id = tasks.id AND removed_at IS NULL), '')",
    f"SELECT 'label of another project', task_id FROM task_labels WHERE task_id IN (SELECT tasks.id {_TASKS}) "
    "AND label_id NOT IN (SELECT id FROM labels WHERE project_id = :project_id)",
    "SELECT 'nobody owns it', id FROM projects WHERE id = :project_id "
    "AND id NOT IN (SELECT project_id FROM memberships WHERE role = 'owner')",
)
