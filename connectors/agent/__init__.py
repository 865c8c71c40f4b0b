"""A bot of the reader's own."""

from calmboard.access.providers import Provider
from calmboard.access.scopes import DEFAULT_SCOPES
from connectors.recipes import read_recipe

PROVIDER = Provider(
    slug="agent",
    name="Internal agent",
    monogram="Ag",
    sentence="A narrow key for one bot of your own.",
    recipes=(read_recipe(__file__, "agent"),),
    scopes=DEFAULT_SCOPES,
    is_own=True,
)
