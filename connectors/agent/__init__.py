"""A bot of the reader's own."""

from calmboard.access.providers import Provider
from connectors.recipes import read_recipe

PROVIDER = Provider(
    slug="agent",
    name="Internal agent",
    monogram="Ag",
    sentence="A narrow key for one bot of your own.",
    recipes=(read_recipe(__file__, "agent"),),
    scopes=frozenset({"tasks:read"}),
    is_own=True,
)
