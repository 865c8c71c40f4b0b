"""What became of one task of many, where it could not be made or changed."""

from calmboard.errors import Problem


def describe(problem: Problem) -> str:
    """The detail of a Problem, reworded where it holds for a whole request only."""
    return problem.detail if problem.detail != problem.meaning else "Some of its values cannot be used."


def errors_of(problem: Problem) -> list[dict[str, str]]:
    return [{"argument": error.pointer.removeprefix("/"), "detail": error.detail} for error in problem.errors]
