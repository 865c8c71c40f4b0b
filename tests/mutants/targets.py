"""What is mutated, and which tests are asked first about it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]

_OAUTH = ("tests/oauth/tokens", "tests/oauth/consent", "tests/oauth/clients")
_CREDENTIALS = (
    "tests/api/framework/test_credentials.py",
    "tests/api/framework/test_session_auth.py",
    "tests/api/resources/access/test_keys.py",
    "tests/portal/account",
    "tests/portal/keys/test_keys.py",
    "tests/calmboard/access",
)
_PERMISSIONS = (
    "tests/calmboard/work/test_effective_scopes.py",
    "tests/api/resources/test_projects.py",
    "tests/api/resources/test_members.py",
    "tests/calmboard/access",
    "tests/api/framework/test_access_matrix.py",
    "tests/oauth/consent",
)
_CONVERSION = (
    "tests/api/resources/test_bulk.py",
    "tests/api/framework/test_conventions.py",
    "tests/api/docs/test_openapi.py",
    "tests/api/mcp/tools/test_arguments.py",
    "tests/api/mcp/tools/test_invalid_arguments.py",
    "tests/api/framework/test_bad_input.py",
)

# By the start of a file's path, the longest first. The first tests are those that most probably notice.
FIRST_TESTS: dict[str, tuple[str, ...]] = {
    "calmboard/access/limits": (
        "tests/calmboard/access/limits",
        "tests/api/framework/test_rate_limits.py",
        "tests/api/mcp/protocol/test_limits.py",
    ),
    "calmboard/access/credentials": _CREDENTIALS,
    "calmboard/access/oauth": _OAUTH,
    "calmboard/access/idempotency.py": ("tests/api/framework/test_replays.py", "tests/api/mcp/protocol/test_replays.py"),
    "calmboard/access/secret_format.py": ("tests/calmboard/access", "tests/api/framework/test_credentials.py", *_OAUTH),
    "calmboard/access": (*_PERMISSIONS, *_CREDENTIALS),
    "oauth": _OAUTH,
    "calmboard/work/tasks/positions.py": ("tests/api/framework/test_positions.py", "tests/api/resources/test_moves.py"),
    "api/framework/conversion": _CONVERSION,
}
# Asked about those that the first tests let live.
OTHER_TESTS = ("tests/api", "tests/oauth", "tests/calmboard", "tests/portal")


def target_files() -> list[Path]:
    found = {path for start in FIRST_TESTS for path in (*ROOT.glob(start), *ROOT.glob(f"{start}/**/*.py"))}
    return sorted(path for path in found if path.suffix == ".py")


def first_tests(path: Path) -> tuple[str, ...]:
    name = path.relative_to(ROOT).as_posix()
    return FIRST_TESTS[max((start for start in FIRST_TESTS if name.startswith(start)), key=len)]
