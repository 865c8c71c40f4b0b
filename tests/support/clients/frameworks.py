"""The environment of agent frameworks in Python, which cannot share ours."""

from tests.support.servers.programs import not_run
from tests.support.servers.server import ROOT


def find_frameworks() -> str:
    """The Python of the environment that `make test` makes of tests/judges/requirements.txt."""
    python = ROOT / ".venv-judges" / "bin" / "python"
    if not python.exists():
        not_run("The environment of the frameworks is not installed: make .venv-judges")
    return str(python)
