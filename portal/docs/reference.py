"""The API reference, open to everybody: pages, and the same as Markdown for programs that read."""

from flask import Response, make_response, render_template, request, url_for

from calmboard.access.access import Access
from calmboard.errors import PROBLEMS
from calmboard.settings import current_settings
from portal.docs.contents import noun_summaries
from portal.docs.examples import examples, find_example, find_noun
from portal.docs.guide import guide_chapters
from portal.docs.languages import chosen_language, opened_example, remember_language
from portal.docs.reader import Reader
from portal.docs.search import EndpointSearch
from portal.shared.blueprint import bp, is_htmx
from portal.shared.session import shown_person


@bp.get("/docs/api")
def api_reference() -> str | Response:
    """The guide and all endpoints, or those that are searched for; to htmx the latter alone."""
    search = EndpointSearch.of(request.args.get("q", ""))
    if not is_htmx():
        return render_template(
            "docs/reference/overview.html",
            nav_section="reference",
            nouns=noun_summaries(),
            noun=None,
            guide=guide_chapters(),
            search=search,
        )
    response = make_response(render_template("docs/reference/_results.html", search=search, is_found=True))
    response.headers["HX-Replace-Url"] = url_for("portal.api_reference", q=search.q or None)
    return response


@bp.get("/docs/api/<slug>")
def noun_reference(slug: str) -> Response:
    """With ids and answers of the reader's own where somebody is signed in, in the chosen language; to htmx, which names an
    example, that one alone.
    """
    person = shown_person()
    reader = Reader() if person is None else Reader.with_related(Access.from_session(person))
    noun = find_noun(slug, reader)
    example = find_example(noun.examples, opened_example()) if is_htmx() else None
    return remember_language(
        render_template(
            "docs/reference/_samples.html" if example else "docs/reference/noun.html",
            nav_section="reference",
            nouns=noun_summaries(),
            noun=noun,
            guide=guide_chapters(),
            example=example,
            here=url_for("portal.noun_reference", slug=slug),
            language=chosen_language(),
            focused=True,
            needs_practice=reader.needs_practice,
        )
    )


@bp.get("/docs/api.md")
def api_reference_text() -> Response:
    return markdown(render_template("docs/reference/overview.md", nouns=examples(Reader())))


@bp.get("/docs/api/<slug>.md")
def noun_reference_text(slug: str) -> Response:
    return markdown(render_template("docs/reference/noun.md", noun=find_noun(slug, Reader())))


@bp.get("/docs/errors.md")
def errors_reference_text() -> Response:
    problems = sorted(PROBLEMS.values(), key=lambda problem: (problem.status, problem.code))
    return markdown(render_template("docs/reference/errors.md", problems=problems))


@bp.get("/llms.txt")
def llms_text() -> Response:
    """What there is to read, for language models (the form of llmstxt.org)."""
    return markdown(render_template("docs/reference/llms.txt", nouns=examples(Reader())))


def markdown(text: str) -> Response:
    """The same for everybody, so it may be cached for a while."""
    development = current_settings().is_development
    response = Response(text.strip() + "\n", content_type="text/markdown; charset=utf-8")
    response.headers["Cache-Control"] = "no-store" if development else "public, max-age=300"
    return response
