"""The README against the code: what can be set and run is in it, and nothing else is."""

import re
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_readme_names_every_setting_and_no_other() -> None:
    read = set(re.findall(r'"(CALMBOARD_[A-Z_]+|PORT)"', (ROOT / "calmboard" / "settings.py").read_text()))
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)) == read
    assert set(re.findall(r"CALMBOARD_[A-Z_]+", README)) <= read


def test_the_readme_names_every_command_of_make() -> None:
    commands = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"help"}
    assert set(re.findall(r"`make ([a-z]+)`", README)) == commands


def test_the_readme_names_every_command_of_the_operator(app: Flask) -> None:
    own = {name: command for name, command in app.cli.commands.items() if name != "db"}
    names = [f"{name} {sub}".strip() for name, command in own.items() for sub in getattr(command, "commands", [""])]
    assert [name for name in names if f"| `{name}" not in README] == []


def test_files_that_the_readme_points_to_exist() -> None:
    links = re.findall(r"\]\(([^):]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []
