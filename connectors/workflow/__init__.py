"""A program or script of the reader's own."""

from calmboard.access.providers import Provider
from connectors.recipes import read_recipe

_RECIPES = ("curl", "python", "node", "github-actions", "n8n")

PROVIDER = Provider(
    slug="workflow",
    name="Custom workflow",
    monogram="Wf",
    sentence="Plain HTTPS with one header, from any language.",
    recipes=tuple(read_recipe(__file__, slug, f"{slug}.toml") for slug in _RECIPES),
    is_own=True,
)
