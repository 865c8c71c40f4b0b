"""How many files an addition touches: it is made in a throwaway copy, where the tests that are concerned pass with it."""

from pathlib import Path

import pytest

from tests.house.touch_counts.copies import ROOT, Copy

pytestmark = pytest.mark.judge


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "copy")


def test_a_noun_of_the_api_is_six_files(copy: Copy) -> None:
    """Table, migration, what it does, what it looks like, its views, and what it is called."""
    copy.add("noun", head=max(path.name[:4] for path in (ROOT / "migrations/versions").glob("*.py")))
    copy.insert("calmboard/models/work.py", {"class TaskLabel(Base):": MILESTONE_TABLE})
    copy.insert("api/docs/nouns.py", {'    "sprints": ApiResource(': MILESTONE_NOUN})
    copy.insert("tests/support/resources.py", {'    "task_id": (': MILESTONE_REQUEST})
    assert len(copy.touched) <= 6
    concerned = "milestone or migrations"
    assert (
        copy.passes(
            "tests/api/resources/test_milestones.py",
            "tests/api/framework/test_access_matrix.py",
            "tests/calmboard/models/test_migrations.py",
            "-k",
            concerned,
        )
        > 20
    )


def test_a_tool_for_agents_is_two_files(copy: Copy) -> None:
    """The tool, and the list of tools in their order."""
    copy.add("tool")
    imported, listed = "from api.mcp.tools.labels import list_labels\n", "        list_labels,\n"
    copy.insert(
        "api/mcp/tools/__init__.py", {"from api.mcp.tools.projects": imported, "        list_tasks,\n        get_task": listed}
    )
    copy.insert("tests/api/mcp/registered_calls.py", {'    "get_board": {': TOOL_ARGUMENTS})
    assert len(copy.touched) <= 2
    matrix = ("tests/api/mcp/tools/test_access_matrix.py", "tests/api/mcp/tools/test_schemas.py")
    assert copy.passes("tests/api/mcp/tools/test_labels.py", *matrix, "-k", "labels") > 5


def test_a_scope_is_one_file(copy: Copy) -> None:
    """A row of the table."""
    copy.insert("calmboard/access/scopes.py", {'    Scope("webhooks",': WIDGETS_SCOPE})
    assert len(copy.touched) == 1
    concerned = (
        "tests/calmboard/access/test_scopes.py",
        "tests/portal/keys/test_keys.py",
        "tests/oauth/consent/test_consent_choices.py",
    )
    assert copy.passes(*concerned, "-k", "widgets") == 8


def test_a_section_of_the_page_is_three_places(copy: Copy) -> None:
    """Its folder, its template and its style sheet."""
    copy.add("section")
    assert {name.rpartition("/")[0] for name in copy.touched} == {"portal/habits", "templates/habits", "static/css"}
    assert copy.passes("tests/portal/overview/test_sections.py", "-k", "every_section or count or twice") > 4


def test_another_tool_is_one_folder(copy: Copy) -> None:
    """Its provider and its recipe."""
    copy.add("provider")
    assert {name.rpartition("/")[0] for name in copy.touched} == {"connectors/notion"}
    assert (
        copy.passes("tests/connectors/test_providers.py", "tests/portal/docs/test_recipe_pages.py", "-k", "notion or folder") > 3
    )


MILESTONE_TABLE = '''class Milestone(Base):
    """Something that a project wants to reach."""

    __tablename__ = "milestones"

    id: Mapped[str] = id_column("mst")
    project_id: Mapped[str] = mapped_column(Id, ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(50))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (Index("ix_milestones_project_id", "project_id", "id"),)


'''
MILESTONE_NOUN = (
    '    "milestones": ApiResource("Milestones", "/milestones", "What a project wants to reach.", {"milestone_id": "mst"}),\n'
)
MILESTONE_REQUEST = '    "milestone_id": ("/projects/{project_id}/milestones", {"name": "First light"}),\n'
TOOL_ARGUMENTS = '    "list_labels": {"project_id": "{project_id}"},\n'
WIDGETS_SCOPE = '    Scope("widgets", "Widgets", "widgets", "Make and mend widgets", _MEMBERS, grantable=True),\n'
