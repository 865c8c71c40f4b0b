"""The tools a key can be made for, with the rights each one needs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Integration:
    """`letters` stand on its tile; `scopes` are chosen when it is."""

    slug: str
    name: str
    letters: str
    sentence: str
    offers: str
    scopes: frozenset[str]


_FOLLOW = frozenset({"projects:read", "boards:read", "tasks:write", "members:read"})
_READ = frozenset({"projects:read", "boards:read", "tasks:read", "members:read"})

INTEGRATIONS = (
    Integration("jira", "Jira", "Ji", "A rule in Jira Automation calls CalmBoard with your key.", "Key", _FOLLOW),
    Integration("trello", "Trello", "Tr", "A Trello rule sends cards across with your key.", "Key", _FOLLOW),
    Integration(
        "asana", "Asana", "As", "Asana's own scripts cannot call out, so a script beside it holds the key.", "Key", _FOLLOW
    ),
    Integration("slack", "Slack", "Sl", "Your own Slack app calls CalmBoard; Workflow Builder cannot.", "Key", _FOLLOW),
    Integration("teams", "Microsoft Teams", "Te", "Power Automate's HTTP action calls CalmBoard.", "Key", _FOLLOW),
    Integration("agent", "Internal agent", "Ag", "A narrow key for one bot of your own.", "Key", _READ),
    Integration("workflow", "Custom workflow", "Wf", "Plain HTTPS, from any language or runner.", "Key", _FOLLOW),
)


def find_integration(slug: str) -> Integration | None:
    return next((integration for integration in INTEGRATIONS if integration.slug == slug), None)
