"""A believable workspace for development: five people, four projects, about two hundred tasks."""

from calmboard.operations.seed.people import PEOPLE, demo_password
from calmboard.operations.seed.workspace import seed

__all__ = ["PEOPLE", "demo_password", "seed"]
