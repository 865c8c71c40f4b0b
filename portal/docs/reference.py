"""The API reference, open to everybody: pages, and the same as Markdown for programs that read."""

from flask import Response, render_template

from calmboard.access.access import Access
from calmboard.errors import PROBLEMS, NotFound
from calmboard.settings import current_settings
from portal.docs.examples import NounReference, examples
from portal.docs.guide import guide_chapters
from portal.shared.blueprint import bp
from portal.shared.session import shown_person


@bp.get("/docs/api")
def api_reference() -> str:
    return render_template(
        "docs/reference/overview.html", nav_section="reference", nouns=_nouns(), noun=None, guide=guide_chapters()
    )


@bp.get("/docs/api/<slug>")
def noun_reference(slug: str) -> str:
    nouns = _nouns()
    return render_template(
        "docs/reference/noun.html", nav_section="reference", nouns=nouns, noun=_find(nouns, slug), guide=guide_chapters()
    )


@bp.get("/docs/api.md")
def api_reference_text() -> Response:
    return markdown(render_template("docs/reference/overview.md", nouns=examples(None)))


@bp.get("/docs/api/<slug>.md")
def noun_reference_text(slug: str) -> Response:
    return markdown(render_template("docs/reference/noun.md", noun=_find(examples(None), slug)))


@bp.get("/docs/errors.md")
def errors_reference_text() -> Response:
    problems = sorted(PROBLEMS.values(), key=lambda problem: (problem.status, problem.code))
    return markdown(render_template("docs/reference/errors.md", problems=problems))


@bp.get("/llms.txt")
def llms_text() -> Response:
    """What there is to read, for language models (the form of llmstxt.org)."""
    return markdown(render_template("docs/reference/llms.txt", nouns=examples(None)))


def _nouns() -> list[NounReference]:
    """With ids of the reader's own where somebody is signed in."""
    person = shown_person()
    return examples(None if person is None else Access.from_session(person))


def _find(nouns: list[NounReference], slug: str) -> NounReference:
    found = next((noun for noun in nouns if noun.slug == slug), None)
    if found is None:
        raise NotFound("The reference has no such page.")
    return found


def markdown(text: str) -> Response:
    """The same for everybody, so it may be cached for a while."""
    development = current_settings().is_development
    response = Response(text.strip() + "\n", content_type="text/markdown; charset=utf-8")
    response.headers["Cache-Control"] = "no-store" if development else "public, max-age=300"
    return response
