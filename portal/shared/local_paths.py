"""Where a form leads on to, as its address says: a path of ours, and nowhere else."""

import re
from collections.abc import Mapping

_LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]*")


def local_path(values: Mapping[str, str]) -> str | None:
    """The path under `next`, where that is one of ours."""
    path = values.get("next", "")
    return path if _LOCAL_PATH.fullmatch(path) else None
