"""Microsoft Teams, through Power Automate."""

from calmboard.access.providers import Provider
from connectors.recipes import read_recipe

PROVIDER = Provider(
    slug="teams",
    name="Microsoft Teams",
    monogram="Te",
    sentence="The HTTP action of Power Automate calls CalmBoard with your key.",
    recipes=(read_recipe(__file__, "teams"),),
)
