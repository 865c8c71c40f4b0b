"""Jira, through rules of Jira Automation."""

from calmboard.access.providers import Provider
from connectors.recipes import read_recipe

PROVIDER = Provider(
    slug="jira",
    name="Jira",
    monogram="Ji",
    sentence="A rule in Jira Automation calls CalmBoard with your key.",
    recipes=(read_recipe(__file__, "jira"),),
)
