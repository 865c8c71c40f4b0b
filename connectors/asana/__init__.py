"""Asana, through a program beside it."""

from calmboard.access.providers import Provider
from connectors.recipes import read_recipe

PROVIDER = Provider(
    slug="asana",
    name="Asana",
    monogram="As",
    sentence="Asana’s scripts cannot call other APIs, so yours runs beside it with the key.",
    recipes=(read_recipe(__file__, "asana"),),
)
