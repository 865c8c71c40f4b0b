"""Slack, through an app of one's own."""

from calmboard.access.providers import Provider
from connectors.recipes import read_recipe

PROVIDER = Provider(
    slug="slack",
    name="Slack",
    monogram="Sl",
    sentence="Your own Slack app calls CalmBoard. Workflow Builder has no step for it.",
    recipes=(read_recipe(__file__, "slack"),),
)
