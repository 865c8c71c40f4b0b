"""The Integrations & APIs page."""

from collections.abc import Sequence

from flask import render_template

from calmboard.access.plans import PLANS, rate_limit_of
from calmboard.queue import do_jobs_wait
from calmboard.settings import current_settings
from portal.agents.connection_test import run_connection_test
from portal.agents.section import AgentsSection
from portal.overview.sections import page_sections
from portal.shared.blueprint import bp, is_htmx
from portal.shared.section import GROUPS, Section
from portal.shared.session import current_access


@bp.get("/integrations")
def integrations() -> str:
    return integrations_page()


@bp.get("/integrations/mcp-test")
def test_mcp_server() -> str:
    """The result of the connection test; without htmx, the page with the result in its place."""
    access = current_access()
    section = AgentsSection.of(access, run_connection_test(access))
    return render_template("agents/_tested_now.html", section=section) if is_htmx() else integrations_page(section)


def integrations_page(*given: Section) -> str:
    """The page; each section that is given stands in the place of its class, and the others are made for the reader."""
    access, by_class = current_access(), {type(section): section for section in given}
    sections = [by_class.get(section_class) or section_class.of(access) for section_class in page_sections()]
    return render_template(
        "overview/page.html",
        nav_section="integrations",
        plan=PLANS[access.user.plan],
        rate_limit=rate_limit_of(access.user.plan, current_settings()),
        do_mails_wait=do_jobs_wait(),
        sections=sections,
        contents=_contents(sections),
    )


def _contents(sections: Sequence[Section]) -> dict[str, list[Section]]:
    return {group: [section for section in sections if section.group == group] for group in GROUPS}
