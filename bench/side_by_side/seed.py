"""The rows that every server is measured on, which the database itself generates.

At scale 1: 10,000 projects with a board each, 1,000,000 tasks, 100,000 of them on the first board, and 1,000,000 keys. At any
scale 1,000 people are in 50 projects each, the first of which they share.
"""

from dataclasses import dataclass

from sqlalchemy import text

from calmboard.db import db
from calmboard.work.text_index.filling import index_waiting_texts, merge_index

PEOPLE, PROJECTS_EACH = 1_000, 50
# The first so many people have a key that is used; the others have the rest of the keys.
CALLERS = 200
# Each of them owns so many projects in which no other of them is: each server that creates tasks does so in another one.
OWN_PROJECTS = 4
_FIRST_SHARED = 2 + OWN_PROJECTS * CALLERS
# So many have a page full of keys.
COLLECTORS, KEYS_EACH = 4, 200

SCOPES = "boards:read boards:write projects:read projects:write tasks:read tasks:write"


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows there are of what grows."""

    projects: int
    tasks: int
    tasks_on_first_board: int
    keys: int

    @classmethod
    def of(cls, scale: float) -> "Size":
        return cls(max(1_000, int(10_000 * scale)), int(1_000_000 * scale), int(100_000 * scale), int(1_000_000 * scale))


def row_id(prefix: str, number: int) -> str:
    return f"{prefix}_{number:026d}"


def project_of(person: int, index: int, projects: int) -> int:
    """The number of a person's project: the one of all, then their own, then one of the rest."""
    if index == 0:
        return 1
    if index <= OWN_PROJECTS:
        return 2 + (person - 1) % CALLERS + (index - 1) * CALLERS
    return _FIRST_SHARED + (person + (index - OWN_PROJECTS) * _step(projects)) % (projects - _FIRST_SHARED + 1)


def fill(size: Size) -> None:
    """Fill the tables of the current app's database and the index of their texts, and let it know their sizes."""
    rows = _Rows(db.engine.dialect.name)
    if rows.is_sqlite:
        db.session.execute(text("PRAGMA cache_size = -1000000"))  # KiB: indexes of random digests are filled in memory
    _fill_people(rows, size)
    _fill_boards(rows, size)
    _fill_tasks(rows, size)
    _fill_keys(rows, size)
    db.session.commit()
    index_waiting_texts()
    merge_index()
    with db.engines["autocommit"].connect() as connection:
        connection.execute(text("ANALYZE" if rows.is_sqlite else "VACUUM ANALYZE"))


class _Rows:
    """Inserts rows whose values are written in terms of `i`, which counts from 1."""

    def __init__(self, dialect: str) -> None:
        self.is_sqlite = dialect == "sqlite"
        self.false = "0" if self.is_sqlite else "false"

    def insert(self, last: int, table: str, **values: str) -> None:
        counting = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
        selected = f"{counting} SELECT {', '.join(values.values())} FROM n"
        db.session.execute(text(f"INSERT INTO {table} ({', '.join(values)}) {selected}"))

    def id(self, prefix: str, number: str = "i") -> str:
        return f"'{prefix}_' || {self.padded(number, 26)}"

    def padded(self, number: str, length: int) -> str:
        return f"printf('%0{length}d', {number})" if self.is_sqlite else f"lpad(({number})::text, {length}, '0')"

    @property
    def at(self) -> str:
        """A time of its own for each row, with microseconds that end in 7: no server shortens those, or leaves them out."""
        if self.is_sqlite:
            return f"datetime('2026-01-01 08:00:00', (i * 10) || ' seconds') || '.' || {self.padded('(i % 90000) * 10 + 7', 6)}"
        micros = "((i % 90000) * 10 + 7) * interval '1 microsecond'"
        return f"timestamptz '2026-01-01 08:00:00+00' + i * interval '10 seconds' + {micros}"

    @property
    def digest(self) -> str:
        """Of no secret at all: random, as digests are, so that their index is as scattered."""
        return "randomblob(32)" if self.is_sqlite else "sha256(convert_to('key ' || i, 'UTF8'))"


def _fill_people(rows: _Rows, size: Size) -> None:
    email, name = "'person' || i || '@calmboard.test'", "'Person ' || i"
    common = {"name": name, "password_hash": "'x'", "plan": "'business'", "created_at": rows.at}
    rows.insert(PEOPLE + COLLECTORS, "users", id=rows.id("usr"), email=email, **common)
    texts = {"name": "'Project ' || i", "description": "'Cards, refunds and payouts of team ' || i % 17 || '.'"}
    times = {"created_at": rows.at, "updated_at": rows.at}
    folded = {f"{name}_folded": f"lower({text})" for name, text in texts.items()}
    rows.insert(size.projects, "projects", id=rows.id("prj"), **texts, **folded, **times)
    person, index = f"((i - 1) / {PROJECTS_EACH} + 1)", f"((i - 1) % {PROJECTS_EACH})"
    member = {"user_id": rows.id("usr", person), "project_id": rows.id("prj", _project(person, index, size.projects))}
    role = "CASE (i + 2) % 4 WHEN 0 THEN 'owner' WHEN 1 THEN 'admin' WHEN 2 THEN 'member' ELSE 'viewer' END"
    role = f"CASE WHEN {index} = 0 THEN 'member' WHEN {index} <= {OWN_PROJECTS} THEN 'owner' ELSE {role} END"
    rows.insert(PEOPLE * PROJECTS_EACH, "memberships", **member, role=role, joined_at=rows.at)


def _project(person: str, index: str, projects: int) -> str:
    """What `project_of` says, in SQL."""
    own = f"2 + ({person} - 1) % {CALLERS} + ({index} - 1) * {CALLERS}"
    shared = f"({person} + ({index} - {OWN_PROJECTS}) * {_step(projects)}) % {projects - _FIRST_SHARED + 1}"
    return f"CASE WHEN {index} = 0 THEN 1 WHEN {index} <= {OWN_PROJECTS} THEN {own} ELSE {_FIRST_SHARED} + {shared} END"


def _step(projects: int) -> int:
    return (projects - _FIRST_SHARED) // (PROJECTS_EACH - OWN_PROJECTS)


def _fill_boards(rows: _Rows, size: Size) -> None:
    times = {"created_at": rows.at, "updated_at": rows.at}
    board = {"id": rows.id("brd"), "project_id": rows.id("prj"), "name": "'Board ' || i", "name_folded": "'board ' || i"}
    rows.insert(size.projects, "boards", **board, **times)
    label = {"id": rows.id("lbl"), "project_id": rows.id("prj"), "name": "'Bug'", "colour": "'red'"}
    rows.insert(size.projects, "labels", **label, **times)
    rows.insert(size.projects, "task_counters", project_id=rows.id("prj"), last_number=str(size.tasks))


def _fill_tasks(rows: _Rows, size: Size) -> None:
    """Those of the first board, then those of the others in turn."""
    title = "CASE i % 500 WHEN 0 THEN 'Reconcile payouts ' || i ELSE 'Refund partial captures ' || i END"
    texts = {"title": title, "description": "'The bank sends the same capture twice; see case ' || i || '.'"}
    folded = {f"{name}_folded": f"lower({text})" for name, text in texts.items()}
    position = {"board_id": rows.id("brd", _board(size, "i")), "number": "i", "state": "i % 5", "rank": rows.padded("i", 10)}
    flags = {"blocked": rows.false, "pinned": rows.false, "created_by": rows.id("usr", f"1 + i % {PEOPLE}")}
    times = {"created_at": rows.at, "updated_at": rows.at}
    rows.insert(size.tasks, "tasks", id=rows.id("tsk"), **position, **texts, **folded, **flags, **times)
    rows.insert(size.tasks // 2, "task_assignees", task_id=rows.id("tsk", "i * 2"), user_id=rows.id("usr", f"1 + i % {PEOPLE}"))
    label = rows.id("lbl", _board(size, "(i * 3)"))
    rows.insert(size.tasks // 3, "task_labels", task_id=rows.id("tsk", "i * 3"), label_id=label)


def _board(size: Size, task: str) -> str:
    first = size.tasks_on_first_board
    return f"CASE WHEN {task} <= {first} THEN 1 ELSE 2 + ({task} - {first + 1}) % {size.projects - 1} END"


def _fill_keys(rows: _Rows, size: Size) -> None:
    """The keys of people who do not call, and of those who collect keys."""
    key = {"name": "'Key ' || i", "integration": "'workflow'", "digest": rows.digest, "tail": "'tail'", "scopes": f"'{SCOPES}'"}
    holder = rows.id("usr", f"{CALLERS + 1} + i % {PEOPLE - CALLERS}")
    rows.insert(size.keys, "api_keys", id=rows.id("key"), user_id=holder, **key, created_at=rows.at)
    collector = rows.id("usr", f"{PEOPLE} + 1 + i % {COLLECTORS}")
    key["digest"] = rows.digest.replace("|| i", "|| -i")
    collected = rows.id("key", f"{size.keys} + i")
    rows.insert(COLLECTORS * KEYS_EACH, "api_keys", id=collected, user_id=collector, **key, created_at=rows.at)
