"""Trello, through rules of a board."""

from calmboard.access.providers import Provider
from connectors.recipes import read_recipe

PROVIDER = Provider(
    slug="trello",
    name="Trello",
    monogram="Tr",
    sentence="A rule of your Trello board calls CalmBoard with your key.",
    recipes=(read_recipe(__file__, "trello"),),
)
