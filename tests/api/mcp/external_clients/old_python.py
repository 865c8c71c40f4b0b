"""Where the Python client before the present one is: beside our own environment, since the two cannot share one."""

import subprocess
import sys
from pathlib import Path

from tests.support.servers.programs import not_run
from tests.support.servers.run import make_once

_PACKAGE = "mcp==1.30.0"


def old_python_path() -> Path:
    """A directory for PYTHONPATH; its content is installed on first use."""
    directory = Path(sys.prefix) / _PACKAGE.replace("==", "-")
    make_once(directory, lambda: _install(directory))
    return directory


def _install(directory: Path) -> None:
    words = ["install", "--quiet", "--disable-pip-version-check", "--upgrade", f"--target={directory}", _PACKAGE]
    installing = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    if installing.returncode != 0:
        not_run(f"{_PACKAGE} cannot be installed: {installing.stderr}")
