"""Whether anything can be saved: tried for real, since a full disk shows nowhere else."""

import os
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from calmboard.db import db
from calmboard.errors import raising_disk_problems
from calmboard.extensions import Extension
from calmboard.settings import current_settings
from calmboard.work.discussion.attachments import UPLOAD_PREFIX

# Whoever asks over and over costs the disks no more than this.
_TRY_EVERY_S = 0.2
_PROBE_BYTES = 64 * 1024


class WriteProbe:
    """Tries each disk; where all was well, again after _TRY_EVERY_S only."""

    def __init__(self) -> None:
        self._next_try_at = 0.0

    def check(self) -> None:
        """Raises Unavailable where no file can be saved, and what the database raises that takes no change."""
        if time.monotonic() < self._next_try_at:
            return
        _try_files(current_settings().files_dir)
        _try_database()
        self._next_try_at = time.monotonic() + _TRY_EVERY_S


WRITE_PROBE: Extension[WriteProbe] = Extension("write_probe")


def _try_files(directory: Path) -> None:
    """The file is deleted at once; where that fails, as that of an interrupted upload is."""
    with raising_disk_problems():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=UPLOAD_PREFIX, dir=directory) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())


def _try_database() -> None:
    on_sqlite = db.engine.dialect.name == "sqlite"
    _try_sqlite() if on_sqlite else _try_postgres()


def _try_sqlite() -> None:
    """A page is written again, with what it holds."""
    version = db.session.execute(text("PRAGMA user_version")).scalar()
    db.session.execute(text(f"PRAGMA user_version = {version}"))
    db.session.commit()


def _try_postgres() -> None:
    """What the server may delete, of which there is nothing; and a sort too large for memory, which needs room on its disk."""
    db.session.execute(text("DELETE FROM idempotent_requests WHERE false"))
    db.session.execute(text("SET LOCAL work_mem = '64kB'"))
    db.session.execute(
        text("SELECT count(*) FROM (SELECT n FROM generate_series(1, 20000) AS n ORDER BY n DESC OFFSET 1) AS sorted")
    )
    db.session.rollback()
