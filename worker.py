"""The background worker: runs the jobs of calmboard/operations/jobs.py until it is stopped."""

import logging

from calmboard import logs
from calmboard.operations.jobs import run_jobs
from calmboard.settings import SETTINGS
from wsgi import process_app


def work() -> None:
    app = process_app()
    logs.install(SETTINGS.get(app).instance_dir)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run_jobs(app)


if __name__ == "__main__":
    work()
