"""The answers of tools, where the REST API's shapes say too much or too little for an agent."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from api.shapes.values import (
    AttachmentId,
    BoardId,
    CommentId,
    Description,
    DueDate,
    ItemId,
    LabelId,
    Number,
    Person,
    PersonName,
    ProjectId,
    Role,
    SprintId,
    State,
    TaskId,
    TaskUrl,
    Time,
    Title,
    UserId,
    about,
)
from api.shapes.work.boards import BoardName, Column
from api.shapes.work.checklists import Done, Text
from api.shapes.work.comments import Body
from api.shapes.work.projects import ProjectDescription, ProjectName
from api.shapes.work.reports import Burndown, CycleTime, Throughput, Velocity
from api.shapes.work.sprints import Goal, SprintName, SprintState

NextCursor = Annotated[str | None, about("Send it as cursor to read on; absent: this is the end.", None)]
NotReadable = Annotated[list[str], Meta(description="What this credential may not read, and is left out.")]


class NamedBoard(Struct):
    """A board by name."""

    id: BoardId
    name: BoardName


class ProjectSummary(Struct):
    """A project with its boards."""

    id: ProjectId
    name: ProjectName
    role: Role
    boards: Annotated[list[NamedBoard] | None, Meta(description="Its first 50 boards.")]


class Projects(Struct):
    """Projects in reach."""

    projects: Annotated[list[ProjectSummary], Meta(description="Oldest first.")]
    next_cursor: NextCursor
    not_readable: NotReadable


class ProjectMember(Struct):
    """A person with their role."""

    id: UserId
    name: PersonName
    role: Role


class LabelSummary(Struct):
    """A label that tasks can carry."""

    id: LabelId
    name: Annotated[str, about("Its word.", "bug")]


class ProjectDetail(Struct):
    """A project, who is in it, and what its tasks can be given."""

    id: ProjectId
    name: ProjectName
    description: ProjectDescription
    role: Role
    people: Annotated[list[ProjectMember] | None, Meta(description="The first 100.")]
    labels: Annotated[list[LabelSummary] | None, Meta(description="The first 100.")]
    boards: Annotated[list[NamedBoard] | None, Meta(description="The first 100.")]
    not_readable: NotReadable


class TaskSummary(Struct):
    """A task without its description; get_task has that."""

    id: TaskId
    number: Number
    board_id: BoardId
    title: Title
    state: State
    assignees: Annotated[list[Person], Meta(description="The people on it.")]
    labels: Annotated[list[LabelSummary], Meta(description="The labels on it.")]
    due_date: DueDate | None
    blocked: Annotated[bool, about("Whether something stops it.", False)]
    blocked_reason: Annotated[str | None, about("What it waits for.", None)]
    blocked_at: Annotated[datetime | None, about("Since when it is blocked.", None)]
    pinned: Annotated[bool, about("Whether it is pinned for everyone.", False)]
    sprint_id: Annotated[SprintId | None, about("The sprint it is in.", None)]
    done_at: Annotated[datetime | None, about("When it became done.", None)]
    updated_at: Time
    url: TaskUrl


class ListedTask(TaskSummary):
    """A task in a list; one over many boards names the board of each."""

    board_name: (
        Annotated[BoardName | None, Meta(description="Not in the list of one board, nor for who may not read boards.")]
        | UnsetType
    ) = UNSET
    project_name: Annotated[ProjectName | None, Meta(description="As board_name.")] | UnsetType = UNSET


class TaskGroup(Struct):
    """How many tasks there are of one group."""

    id: Annotated[str, about("What they have in common: a column, or an id; `none`: they have no such thing.", min_length=1)]
    name: Annotated[str | None, about("Its name, where it has one and may be read.", "Ana Ruiz")]
    count: Annotated[int, about("How many.", 3)]


class Tasks(Struct):
    """Tasks of a board, or of all in reach; with count_by only their numbers."""

    tasks: list[ListedTask]
    counts: Annotated[list[TaskGroup], Meta(description="With count_by.")] | UnsetType = UNSET
    next_cursor: NextCursor = None


class SprintSummary(Struct):
    """A sprint, and how much of it is done."""

    id: SprintId
    name: SprintName
    goal: Goal
    state: SprintState
    starts_on: Annotated[date | None, about("Its first day.", "2026-11-16")]
    ends_on: Annotated[date | None, about("Its last day.", "2026-11-29")]
    task_count: Annotated[int, about("How many tasks are in it.", 8)]
    done_count: Annotated[int, about("How many of those are done.", 3)]


class HighlightedTask(Struct):
    """A task that asks for attention."""

    id: TaskId
    title: Title
    state: State
    assignees: Annotated[list[Person], Meta(description="The people on it.")]
    due_date: DueDate | None
    blocked_reason: Annotated[str | None, about("What it waits for.", None)]
    blocked_at: Annotated[datetime | None, about("Since when it is blocked.", None)]


class HighlightedTasks(Struct):
    """Tasks that ask for attention."""

    count: Annotated[int, about("How many there are in all.", 1)]
    tasks: Annotated[list[HighlightedTask], Meta(description="The first 20 of them.")]


class AssignedTask(Struct):
    """A task that somebody has."""

    id: TaskId
    title: Title
    state: State
    blocked: Annotated[bool, about("Whether something stops it.", False)]


class Workload(Struct):
    """Who has what."""

    id: UserId
    name: PersonName
    count: Annotated[int, about("How many tasks they have that are not done.", 3)]
    tasks: Annotated[list[AssignedTask], Meta(description="The first 10 of them, those nearest to done first.")]


class BoardSummary(Struct):
    """How a board stands."""

    id: BoardId
    project_id: ProjectId
    name: BoardName
    columns: Annotated[list[Column], Meta(description="From left to right, each with its number of tasks.")]
    active_sprint: Annotated[SprintSummary | None, Meta(description="The one that runs.")]
    planned_sprints: Annotated[list[SprintSummary], Meta(description="The first 10 that wait to be started.")]
    blocked: Annotated[
        HighlightedTasks, Meta(description="Blocked and not done, the longest first; each says what it waits for.")
    ]
    late: Annotated[HighlightedTasks, Meta(description="Due before today (UTC) and not done, the longest overdue first.")]
    in_review: Annotated[HighlightedTasks, Meta(description="In the column Review, top to bottom.")]
    unassigned_count: Annotated[int, about("Tasks in Ready, In Progress and Review that nobody has.", 2)]
    people: Annotated[list[Workload], Meta(description="Who has tasks that are not done, at most 50 people, the busiest first.")]
    not_readable: NotReadable


class ItemSummary(Struct):
    """A line of a checklist."""

    id: ItemId
    text: Text
    done: Done


class Checklist(Struct):
    """The checklist of a task."""

    task_id: TaskId
    items: Annotated[list[ItemSummary], Meta(description="Top to bottom.")]


class FileSummary(Struct):
    """A file on a task."""

    id: AttachmentId
    name: Annotated[str, about("The file's name.", "receipt.pdf")]
    size_bytes: Annotated[int, about("Its length in bytes.", 48_211)]


class CommentSummary(Struct):
    """A comment on a task."""

    id: CommentId
    author_name: Annotated[str | None, about("Who wrote it, while they have an account.", "Ana Ruiz")]
    body: Body
    created_at: Time


class TaskDetail(TaskSummary):
    """A task with everything on it."""

    project_id: ProjectId
    board_name: BoardName | None
    description: Description
    created_at: Time
    checklist: Annotated[list[ItemSummary], Meta(description="Top to bottom.")]
    attachments: Annotated[list[FileSummary], Meta(description="The first 50 files on it.")]
    comments: Annotated[list[CommentSummary] | None, Meta(description="The latest 20, oldest first.")]
    not_readable: NotReadable


Kind = Literal["project", "board", "task", "comment", "sprint"]


class SearchResult(Struct, omit_defaults=True):
    """Something that was found."""

    kind: Annotated[Kind, about("What it is.", "task")]
    id: Annotated[str, about("Its id.", "tsk_01m86ffkj1eyt9k86t46h61k8b")]
    title: Annotated[str, about("Its name or title; a comment has that of its task.", "Refund partial captures")]
    project_id: ProjectId
    project_name: ProjectName | None = None
    board_id: BoardId | None = None
    board_name: BoardName | None = None
    task_id: Annotated[TaskId, Meta(description="The task that a comment is on.")] | None = None
    state: Annotated[str, about("The column of a task, the state of a sprint.", "ready")] | None = None
    excerpt: Annotated[str, about("The words around the place, where it is not in the title.", "… refunded once …")] | None = None


class SearchResults(Struct):
    """What was found."""

    hits: Annotated[list[SearchResult], Meta(description="The best first.")]
    more: Annotated[bool, about("Whether there is more than this; then use more words.", False)]
    not_searched: Annotated[list[Kind], about("Kinds that this credential may not read.", [])]


class ArgumentError(Struct):
    """One argument that could not be used."""

    argument: Annotated[str, about("Which one.", "assignees/0")]
    detail: Annotated[str, about("What is wrong and what would do.", "Nobody in this project has this id.")]


class CreatedTask(Struct, omit_defaults=True):
    """What became of one task of many: its id, or what was wrong."""

    title: Title
    id: TaskId | None = None
    problem: Annotated[str, about("Why it was not made.", "Some of its values cannot be used.")] | None = None
    errors: Annotated[list[ArgumentError], Meta(description="What was wrong with it.")] | None = field(
        name="faults", default=None
    )


class CreatedTasks(Struct):
    """What became of each task, in the order in which they were sent."""

    created_count: Annotated[int, about("How many were made.", 12)]
    failed_count: Annotated[int, about("How many were not; send those again, corrected.", 0)]
    tasks: list[CreatedTask]


class ChangedTask(Struct, omit_defaults=True):
    """What became of one task of many."""

    id: TaskId
    title: Title | None = None
    state: State | None = None
    problem: Annotated[str, about("Why it was not changed.", "Somebody changed the task just now.")] | None = None
    errors: Annotated[list[ArgumentError], Meta(description="What was wrong with it.")] | None = field(
        name="faults", default=None
    )


class ChangedTasks(Struct):
    """What became of each task, or which ones would be changed."""

    message: Annotated[str, about("What happened, in a sentence.", "Changed: 7.")]
    changed_count: Annotated[int, about("How many were changed.", 7)]
    failed_count: Annotated[int, about("How many were not.", 0)]
    tasks: list[ChangedTask]
    token: Annotated[str | None, about("Send it with the same call to change these tasks.", None)] = None


class Deletion(Struct):
    """What was deleted, or would be."""

    deleted: Annotated[bool, about("Whether it is gone now.", True)]
    message: Annotated[
        str,
        about(
            "What happened, in a sentence.",
            'Deleted "Refund partial captures" for good. Comments: 4, checklist items: 2, files: 1.',
        ),
    ]
    task: TaskSummary
    comments: Annotated[int, about("Comments that go with it.", 4)]
    checklist_items: Annotated[int, about("Lines of its checklist that go with it.", 2)]
    attachments: Annotated[int, about("Files that go with it.", 1)]


class UnfinishedTask(Struct):
    """A task that is not done when its sprint ends."""

    id: TaskId
    title: Title
    state: State


class CompletedSprint(Struct):
    """How a sprint ended, or would end."""

    completed: Annotated[bool, about("Whether it is completed now.", True)]
    message: Annotated[
        str, about("What happened, in a sentence.", "The sprint is completed. Tasks not done, which go back to Backlog: 3.")
    ]
    sprint: SprintSummary
    unfinished_count: Annotated[int, about("How many of its tasks were not done.", 3)]
    unfinished: Annotated[
        list[UnfinishedTask] | None,
        Meta(description="The first 100 of those, in the order of the board."),
    ]
    not_readable: NotReadable


class Report(Struct, omit_defaults=True):
    """The report that was asked for; the others are left out."""

    report: Annotated[Literal["velocity", "throughput", "burndown", "cycle_time"], about("Which one it is.", "velocity")]
    velocity: Velocity | None = None
    throughput: Throughput | None = None
    burndown: Burndown | None = None
    cycle_time: CycleTime | None = None
