"""The tools a key can be made for, with the rights each one needs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Integration:
    """`monogram` is on its tile; `scopes` are preselected with it."""

    slug: str
    name: str
    monogram: str
    sentence: str
    offers: str
    scopes: frozenset[str]


_READ = frozenset(f"{noun}:read" for noun in ("projects", "boards", "tasks", "sprints", "comments", "members"))
_FOLLOW = _READ | {"tasks:write"}

INTEGRATIONS = (
    Integration("jira", "Jira", "Ji", "A rule in Jira Automation calls CalmBoard with your key.", "Key", _FOLLOW),
    Integration("trello", "Trello", "Tr", "A rule of your Trello board calls CalmBoard with your key.", "Key", _FOLLOW),
    Integration(
        "asana", "Asana", "As", "Asana’s scripts cannot call other APIs, so yours runs beside it with the key.", "Key", _FOLLOW
    ),
    Integration(
        "slack", "Slack", "Sl", "Your own Slack app calls CalmBoard. Workflow Builder has no step for it.", "Key", _FOLLOW
    ),
    Integration(
        "teams", "Microsoft Teams", "Te", "The HTTP action of Power Automate calls CalmBoard with your key.", "Key", _FOLLOW
    ),
    Integration("agent", "Internal agent", "Ag", "A narrow key for one bot of your own.", "Key", _READ),
    Integration("workflow", "Custom workflow", "Wf", "Plain HTTPS with one header, from any language.", "Key", _FOLLOW),
)


def find_integration(slug: str) -> Integration | None:
    return next((integration for integration in INTEGRATIONS if integration.slug == slug), None)
