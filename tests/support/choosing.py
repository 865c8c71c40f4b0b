"""Many projects to choose among, and what a page shows of them."""

import re

from flask import Flask

from calmboard.db import db
from calmboard.models import Membership, Project
from tests.support.users import TestUser


def add_projects(app: Flask, person: TestUser, names: list[str], role: str = "owner") -> list[str]:
    """Projects of a person by these names; their ids."""
    with app.app_context():
        projects = [Project(name=name) for name in names]
        db.session.add_all(projects)
        db.session.flush()
        ids = [project.id for project in projects]
        db.session.add_all([Membership(user_id=person.person.id, project_id=project_id, role=role) for project_id in ids])
        db.session.commit()
    return ids


def add_lanterns(app: Flask, person: TestUser) -> list[str]:
    """The ids of 120 projects by name; the last was made first."""
    return add_projects(app, person, [f"Lantern {number:03}" for number in range(120, 0, -1)])[::-1]


def projects_in(page: str) -> dict[str, bool]:
    """The projects of a page in their order, and whether they are ticked."""
    found = re.findall(r'type="checkbox" name="project(?:_ids)?" value="(prj_\w+)"([^>]*)>', page)
    return {project_id: " checked" in rest for project_id, rest in found}


def chosen_in(page: str) -> list[str]:
    """Those on top."""
    top = page.partition("data-projects-chosen>")[2].partition("</div>")[0]
    return list(projects_in(top))


def cursor_in(page: str) -> str | None:
    found = re.search(r'name="projects_after" value="(prj_[^"]+)"', page)
    return found[1] if found else None
