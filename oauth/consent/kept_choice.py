"""What was chosen on the consent page, kept while the second factor is proven again: for this browser and the same request."""

from collections.abc import Mapping

from flask import request, session
from werkzeug.datastructures import MultiDict

from calmboard.access.kept_forms import FilledForm, keep_form, take_form
from calmboard.access.limits.rate_limits import network_of
from oauth.consent.page import ConsentForm, read_consent_form

_KEPT_CHOICE = "kept_choice"  # the entry of the signed cookie that holds the token
_VIEW = "oauth_authorize.decide"


def keep_choice() -> None:
    """Keep what this form holds; where it is too much, the choice is made again."""
    fields = [field for field in request.form.items(multi=True) if field[0] != "csrf_token"]
    token = keep_form(FilledForm(_VIEW, {}, fields), network_of(request.remote_addr))
    if token is not None:
        session[_KEPT_CHOICE] = token


def take_kept_choice(parameters: Mapping[str, str]) -> ConsentForm | None:
    """The choice, once, and for the request that it answers alone."""
    form = take_form(session.pop(_KEPT_CHOICE, ""))
    if form is None or form.view != _VIEW:
        return None
    fields = MultiDict(form.fields)
    return read_consent_form(fields) if all(fields.get(name) == value for name, value in parameters.items()) else None
