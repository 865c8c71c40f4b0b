"""A task as a person reads it: where the address in a task's representation leads."""

from flask import render_template

from calmboard.work.discussion.file_limits import read_project_usage
from calmboard.work.discussion.markdown import render
from calmboard.work.tasks.detail import read_task_detail
from portal.shared.blueprint import bp
from portal.shared.session import current_access


@bp.get("/tasks/<task_id>")
def task(task_id: str) -> str:
    detail = read_task_detail(current_access(), task_id)
    usage = read_project_usage(detail["project_id"]) if detail["attachments"] else None
    return render_template("tasks/task.html", task=detail, file_usage=usage, markdown=render)
