"""The Integrations & APIs page."""

from collections.abc import Sequence

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from calmboard.access.plans import PLANS, rate_limit_of
from calmboard.access.secret_format import find_secret
from calmboard.queue import do_jobs_wait
from calmboard.settings import current_settings
from portal.agents.connection_test import run_connection_test
from portal.agents.section import AgentsSection
from portal.docs.examples import Example, find_example, first_examples
from portal.docs.languages import chosen_language, opened_example, remember_language
from portal.docs.reader import Reader
from portal.health.worth import WorthALook
from portal.keys.lists import show_found
from portal.overview.sections import page_sections
from portal.shared.blueprint import bp, is_htmx, take_noted_part
from portal.shared.section import GROUPS, Section
from portal.shared.session import current_access


@bp.get("/integrations")
def integrations() -> Response:
    """The page; to htmx, which names an example, that one alone in the chosen language."""
    if find_secret(request.args.get("q", "")):
        return show_found(request.args)
    example = find_example(first_examples(Reader.of(current_access())), opened_example()) if is_htmx() else None
    return remember_language(_example_part(example) if example else integrations_page())


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
        worth=WorthALook.of(access),
        noted_at=take_noted_part(),
        is_refused=any(getattr(section, "errors", ()) for section in given),
        contents=_contents(sections),
    )


def _example_part(example: Example) -> str:
    here, language = url_for("portal.integrations"), chosen_language()
    return render_template("docs/reference/_samples.html", example=example, here=here, language=language, focused=True)


def _contents(sections: Sequence[Section]) -> dict[str, list[Section]]:
    return {group: [section for section in sections if section.group == group] for group in GROUPS}
