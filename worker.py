"""The background worker: runs the jobs of calmboard/operations/jobs.py until it is stopped."""

import logging

from calmboard.operations.jobs import run_jobs
from wsgi import create_app

if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run_jobs(create_app())
