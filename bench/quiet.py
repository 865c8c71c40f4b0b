"""What every bench in one process needs: requests that write no log lines."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def quiet() -> Iterator[None]:
    with Path(os.devnull).open("w") as null, contextlib.redirect_stdout(null):
        yield
