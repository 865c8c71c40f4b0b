"""Trying an endpoint: its form, which static/js/try-it.js sends to the API, and the same as lines for a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calmboard.access.access import Access
from calmboard.access.plans import PLANS
from calmboard.work.project_choice import list_boards_to_choose
from portal.docs.contents import noun_summaries
from portal.docs.examples import Example, find_noun_and_example
from portal.docs.reader import Reader
from portal.docs.samples import curl
from portal.docs.trying.fields import JSON_FIELD, Choices, Entered, FieldGroup, field_groups, json_body
from portal.docs.trying.questions import question_of
from portal.docs.trying.requests import request_of
from portal.keys.trial import trial_scope
from portal.shared.blueprint import bp, is_htmx
from portal.shared.session import shown_person

_NOTHING: Entered = Entered()


@bp.get("/docs/api/<slug>/<endpoint_id>")
def try_endpoint(slug: str, endpoint_id: str) -> str:
    """The form in a page of its own; to htmx that alone."""
    trial = Trial.of(slug, endpoint_id)
    return trial.render("docs/trying/_form.html" if is_htmx() else "docs/trying/page.html")


@bp.get("/docs/api/<slug>/<endpoint_id>/lines")
def try_in_terminal(slug: str, endpoint_id: str) -> ResponseReturnValue:
    """The request as lines for a terminal; without htmx below the form, filled as it was sent."""
    trial = Trial.of(slug, endpoint_id, Entered(request.args.items(multi=True)))
    template = "docs/trying/_lines.html" if is_htmx() else "docs/trying/page.html"
    try:
        lines = curl(request_of(trial.example, trial.groups, trial.json))
    except ValueError as error:
        return make_response(trial.render(template, errors={f"{trial.example.id}-{JSON_FIELD}": str(error)}), 422)
    own = [text for group in trial.groups for field in group.fields for text in field.values]
    return trial.render(template, lines=lines, user_values=["$CALMBOARD_API_KEY", *own])


@bp.get("/docs/api/<slug>/<endpoint_id>/question")
def ask_before_sending(slug: str, endpoint_id: str) -> str:
    """What is asked in a dialog before a request that changes something is sent; without htmx the form."""
    trial = Trial.of(slug, endpoint_id, Entered(request.args.items(multi=True)))
    if not is_htmx():
        return trial.render("docs/trying/page.html")
    question = question_of(trial.example, trial.entered, trial.reader.access)
    return render_template("docs/trying/_question.html", question=question)


@dataclass(frozen=True)
class Trial:
    """An endpoint that somebody tries, and what they entered."""

    noun: Mapping[str, Any]
    example: Example
    reader: Reader
    entered: Entered

    @classmethod
    def of(cls, slug: str, endpoint_id: str, entered: Entered = _NOTHING) -> Self:
        """Raises NotFound where the reference has no such endpoint."""
        person = shown_person()
        reader = Reader() if person is None else Reader.with_related(Access.from_session(person))
        return cls(*find_noun_and_example(slug, endpoint_id, reader), reader, entered)

    @cached_property
    def groups(self) -> Sequence[FieldGroup]:
        return field_groups(self.example, self.entered, self._choices)

    @property
    def json(self) -> str:
        return json_body(self.entered)

    @property
    def _choices(self) -> Choices:
        """The projects and boards of the reader, by name."""
        boards = list_boards_to_choose(self.reader.access) if self.reader.access else ()
        return {
            "board_id": {board.id: f"{board.project_name} · {board.name}" for board in boards},
            "project_id": {board.project_id: board.project_name for board in boards},
        }

    def render(self, template: str, **values: Any) -> str:
        access, slug = self.reader.access, self.noun["slug"]
        return render_template(
            template,
            nav_section="reference",
            nouns=noun_summaries(),
            noun=self.noun,
            example=self.example,
            own_entry=self.example.id,
            groups=self.groups,
            json=self.json,
            trial_scope=trial_scope(self.example.scope),
            plan=PLANS[access.user.plan] if access else None,
            needs_practice=self.reader.needs_practice and self.example.method != "GET",
            here=url_for("portal.try_endpoint", slug=slug, endpoint_id=self.example.id),
            **values,
        )
