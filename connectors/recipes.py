"""Reads a recipe from the TOML beside a provider's module."""

import tomllib
from pathlib import Path

import msgspec

from calmboard.access.providers import Recipe


def read_recipe(module_file: str, slug: str, file: str = "recipe.toml") -> Recipe:
    """Raises ValidationError, which names the field, where the file is no recipe."""
    text = Path(module_file).with_name(file).read_text("utf-8")
    return msgspec.convert({"slug": slug, **tomllib.loads(text)}, Recipe)
