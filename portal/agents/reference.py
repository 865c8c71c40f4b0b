"""The reference of the MCP server, open to everybody: its tools, resources and prompts, from the catalogue that agents get."""

from flask import Response, render_template

from portal.docs.contents import noun_summaries
from portal.docs.guide import guide_chapters
from portal.docs.reference import markdown
from portal.shared.blueprint import bp
from portal.shared.catalogues import MCP_CATALOGUE

_EFFECTS = {
    "reads": "Reads",
    "adds": "Adds something new",
    "adds or changes": "Adds something new, or changes what is there",
    "changes": "Changes what is there",
    "destroys": "Takes something away for good",
}


@bp.get("/docs/mcp")
def agent_reference() -> str:
    return render_template(
        "docs/reference/agents.html",
        nav_section="reference",
        nouns=noun_summaries(),
        noun=None,
        guide=guide_chapters(),
        is_agents=True,
        catalogue=MCP_CATALOGUE.get(),
        effects=_EFFECTS,
    )


@bp.get("/docs/mcp.md")
def agent_reference_text() -> Response:
    return markdown(render_template("docs/reference/agents.md", catalogue=MCP_CATALOGUE.get(), effects=_EFFECTS))
