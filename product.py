"""Server and worker in one process family: what they need is made here once, before they are forked, and so shared."""

import sys

from granian.cli import cli as run_granian

from calmboard.operations.serve import run_product
from calmboard.settings import SETTINGS
from worker import work
from wsgi import process_app

if __name__ == "__main__":
    job = work if "--without-worker" not in sys.argv else None
    run_product(SETTINGS.get(process_app()), run_granian, job, announcement=sys.stdin.read())
