"""The sections of the Integrations & APIs page, in its order."""

from portal.agents.section import AgentsSection
from portal.apps.sections import OAuthClientSection, OAuthMetadataSection, OAuthStepsSection
from portal.docs.sections import AuthenticationSection, ErrorsSection, ExamplesSection, RestSection
from portal.keys.section import KeysSection
from portal.overview.tools import ToolsSection
from portal.shared.section import Section

SECTIONS: tuple[type[Section], ...] = (
    KeysSection,
    ToolsSection,
    RestSection,
    AuthenticationSection,
    OAuthClientSection,
    OAuthStepsSection,
    AgentsSection,
    OAuthMetadataSection,
    ExamplesSection,
    ErrorsSection,
)
