"""The authorization endpoint: a person decides, and is redirected with a code or an error."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from calmboard.access.access import Access
from calmboard.access.credentials.second_factor import needs_proof
from calmboard.access.credentials.session_tokens import TokenSession, find_token_session
from calmboard.access.oauth import grants
from calmboard.access.oauth.client_metadata import InvalidClientMetadata, find_document, is_document
from calmboard.access.oauth.clients import Client, find_client
from calmboard.access.oauth.grants import Consent
from calmboard.access.oauth.made_apps import find_app
from calmboard.access.scopes import DEFAULT_SCOPES, SCOPES, USABLE, expand
from calmboard.errors import Problem
from calmboard.outgoing.fetch import FETCH
from calmboard.settings import RateLimit
from calmboard.work.project_choice import list_choices
from oauth.answers import OAuthError, answer, answer_error
from oauth.consent.kept_choice import keep_choice, take_kept_choice
from oauth.consent.page import (
    CHOICES,
    ConsentForm,
    MissingChoice,
    read_consent_form,
    requested_rights,
    selected_projects,
    selected_scopes,
    summarize_request,
)
from oauth.consent.refusals import error_page, redirect_back, refuse
from oauth.parameters import invalid_target, read_resource, single_values
from oauth.rate_limits import check_limit
from web.bearer import read_bearer
from web.origin import is_from_our_page, origin
from web.project_choice import ProjectChooser, is_search

bp = Blueprint("oauth_authorize", __name__)

Answer = Response | str | tuple[str, int]

_RATE_LIMIT = RateLimit(60, 60)
# A reader may wait for half a minute, and there are few: nobody may occupy all of them.
_FETCH_RATE_LIMIT = RateLimit(6, 60)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_UNKNOWN = "CalmBoard does not know the application that sent you here. Start again from the application."
_DISABLED = "Whoever made this application has disabled it, so nobody can authorize it now. Nothing was granted."
_OWN_CLIENT_ONLY = "A session token asks for your own client alone."
_STALE = "This form was opened before you last signed in, so nothing was granted. Look it through and send it again."
_PROVEN = "Your code fits. This is what you chose: look it through and send it again."
_PROMPTS = {"consent", "login", "none", "select_account"}


class UntrustedClient(Exception):
    """The application or its address cannot be trusted, so the person gets an error page and no redirect."""


class LoginRequired(Exception):
    """The application is looked up for a signed-in person only."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An authorization request that can be answered at its redirect URI; `unused` are requested scopes that nothing uses yet."""

    client: Client
    redirect_uri: str
    state: str | None
    resource: str
    challenge: str
    scopes: frozenset[str]
    prompt: str | None
    unused: tuple[str, ...] = ()


@bp.get("/api/oauth/authorize")
def authorize() -> Answer:
    if request.headers.get("Authorization"):
        return _authorize_program()
    return _handle(_show_consent)


@bp.post("/api/oauth/authorize")
def decide() -> Answer:
    return _handle(_apply_decision)


def _handle(respond: Callable[[AuthorizationRequest], Answer]) -> Answer:
    try:
        parameters = _parameters()
        client, redirect_uri = _trusted_client(parameters)
    except UntrustedClient as problem:
        return error_page(str(problem))
    except LoginRequired:
        return _sign_in()
    try:
        return respond(_read_request(parameters, client, redirect_uri))
    except OAuthError as error:
        return refuse(client, redirect_uri, parameters.get("state"), error)


def _authorize_program() -> Response:
    """For Postman: a session token authorizes its person's own client, and the response is JSON instead of a redirect."""
    try:
        auth_request, signed_in = _read_program_request()
    except OAuthError as error:
        return answer_error(error)
    consent = Consent(
        auth_request.client,
        auth_request.redirect_uri,
        auth_request.challenge,
        auth_request.resource,
        auth_request.scopes,
        session_id=signed_in.session_id,
    )
    code = grants.grant(Access.from_session(signed_in.user), consent)
    body = {"code": code, "state": auth_request.state, "iss": origin(), "redirect_uri": auth_request.redirect_uri}
    return answer({name: value for name, value in body.items() if value is not None})


def _read_program_request() -> tuple[AuthorizationRequest, TokenSession]:
    if request.cookies:
        raise OAuthError("invalid_request", "Send a session token or a cookie, not both.")
    try:
        signed_in = find_token_session(read_bearer())
    except Problem as problem:
        raise OAuthError("invalid_token", problem.detail, 401) from problem
    check_limit("authorize", signed_in.user.id, _RATE_LIMIT)
    try:
        parameters = single_values(request.args)
        client, redirect_uri = _trusted_client(parameters)
    except UntrustedClient as problem:
        raise OAuthError("invalid_request", str(problem)) from problem
    except LoginRequired:
        raise OAuthError("unauthorized_client", _OWN_CLIENT_ONLY, 403) from None
    if client.user_id != signed_in.user.id:
        raise OAuthError("unauthorized_client", _OWN_CLIENT_ONLY, 403)
    return _read_request(parameters, client, redirect_uri), signed_in


def _parameters() -> dict[str, str]:
    try:
        return single_values(MultiDict(pair for pair in _sent_parameters().items(multi=True) if pair[0] not in CHOICES))
    except OAuthError as error:
        raise UntrustedClient(error.description) from None


def _sent_parameters() -> MultiDict[str, str]:
    return request.form if request.method == "POST" else request.args


def _trusted_client(parameters: Mapping[str, str]) -> tuple[Client, str]:
    client = _find_client(parameters.get("client_id", ""))
    if client is None:
        raise UntrustedClient(_UNKNOWN)
    if client.kind == "own":
        _require_enabled(client)
    redirect_uri = parameters.get("redirect_uri", "")
    if not client.allows(redirect_uri):
        raise UntrustedClient(f"The address that {client.shown_name} wants you sent back to is not one it has registered.")
    return client, redirect_uri


def _require_enabled(client: Client) -> None:
    app = find_app(client.id)
    if app is None:
        raise UntrustedClient(_UNKNOWN)
    if app.disabled_at is not None:
        raise UntrustedClient(_DISABLED)


def _find_client(client_id: str) -> Client | None:
    """The client of this id. One whose id is the URL of its metadata is fetched for a signed-in person only."""
    if not is_document(client_id):
        return find_client(client_id)
    if not current_user.is_authenticated:
        raise LoginRequired
    try:
        return find_document(client_id, _fetch)
    except InvalidClientMetadata as problem:
        raise UntrustedClient(str(problem)) from problem


def _fetch(url: str, max_bytes: int) -> bytes:
    """Fetch from another server, limited for each person and for each server."""
    check_limit("documents", current_user.person.id, _FETCH_RATE_LIMIT)
    check_limit("documents", urlsplit(url).netloc, _RATE_LIMIT)
    fetch = FETCH.get()
    return fetch(url, max_bytes)


def _read_request(parameters: Mapping[str, str], client: Client, redirect_uri: str) -> AuthorizationRequest:
    _require_plain_parameters(parameters)
    if parameters.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "The one response type here is code.")
    challenge = parameters.get("code_challenge", "")
    if parameters.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "PKCE is needed: send code_challenge with code_challenge_method S256.")
    resource = read_resource(_sent_parameters())
    if resource is None:
        raise invalid_target("The parameter resource is missing.")
    prompt = parameters.get("prompt")
    if prompt is not None and not set(prompt.split()) <= _PROMPTS:
        raise OAuthError("invalid_request", "prompt is one of consent, login, none and select_account.")
    scopes, unused = _scopes(parameters)
    return AuthorizationRequest(client, redirect_uri, parameters.get("state"), resource, challenge, scopes, prompt, unused)


def _require_plain_parameters(parameters: Mapping[str, str]) -> None:
    """All parameters stand in the request itself (RFC 9101, section 6), and the answer in the query of the redirect URI."""
    for name in ("request", "request_uri"):
        if name in parameters:
            raise OAuthError(f"{name}_not_supported", f"Leave out {name}, and send each parameter by itself.")
    if parameters.get("response_mode", "query") != "query":
        raise OAuthError("invalid_request", "The one response_mode here is query.")


def _scopes(parameters: Mapping[str, str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The requested scopes that can be granted, and those that nothing uses yet; unknown ones are ignored if any is known."""
    names = frozenset(parameters.get("scope", "").split()) - {"offline_access"}
    if not names:
        return DEFAULT_SCOPES, ()
    known = names & set(SCOPES)
    if not known:
        raise OAuthError("invalid_scope", "None of these scopes is known here.")
    usable = expand(known) & USABLE
    if not usable:
        raise OAuthError("invalid_scope", "Nothing here uses these scopes yet, so nobody can grant them.")
    return usable, tuple(sorted(known - USABLE))


def _show_consent(auth_request: AuthorizationRequest) -> Response | str:
    if auth_request.prompt == "none":
        raise _unasked()
    if not current_user.is_authenticated:
        return _sign_in()
    if (kept := take_kept_choice(_parameters())) is not None:
        return _consent_page(auth_request, kept, refusal=_PROVEN)
    return _consent_page(auth_request, ConsentForm("all", auth_request.scopes, frozenset()))


def _unasked() -> OAuthError:
    """Nothing here is ever granted without asking (OpenID Connect Core, section 3.1.2.6)."""
    if not current_user.is_authenticated:
        return OAuthError("login_required", "Nobody is signed in.")
    return OAuthError("consent_required", "The person has to be asked.")


def _consent_page(
    auth_request: AuthorizationRequest, form: ConsentForm, errors: dict[str, str] | None = None, refusal: str = ""
) -> str:
    """The page; `refusal` is a sentence on why a form that was sent came back."""
    g.form_redirects_off_site = True
    parameters = _parameters()
    return render_template(
        "oauth/consent.html",
        auth_request=auth_request,
        about=summarize_request(current_user.person, auth_request.client, auth_request.redirect_uri, auth_request.resource),
        rights=requested_rights(auth_request.scopes),
        **_project_choice(form),
        parameters=parameters,
        again=_address(parameters),
        form=form,
        errors=errors or {},
        refusal=refusal,
    )


def _project_choice(form: ConsentForm) -> dict[str, Any]:
    """What the template of the choice among projects is given."""
    access = Access.from_session(current_user.person)
    choices = list_choices(access, form.project_ids, form.search.q, form.search.after)
    return {"chooser": ProjectChooser("project", url_for("oauth_authorize.decide"), anchor="reach"), "choices": choices}


def _found_projects() -> Response | str:
    """For htmx: the projects that are searched, or the next ones. It only reads, so it needs no token."""
    if not current_user.is_authenticated:
        return _sign_in()
    form = read_consent_form()
    template = "_found" if form.search.after is None else "_more"
    return render_template(f"shared/projects/{template}.html", is_part=True, **_project_choice(form))


def _sign_in() -> Response:
    """Redirects to the sign-in, and after it to the same request; a decision sent without a session has to be made again."""
    next_path = request.full_path if request.method == "GET" else _address(_parameters())
    address = url_for("portal.sign_in", next=next_path)
    return Response(status=204, headers={"HX-Redirect": address}) if _is_htmx() else redirect(address, 303)


def _address(parameters: Mapping[str, str]) -> str:
    """Where the same request is shown."""
    return f"{request.path}?{urlencode(parameters)}"


def _apply_decision(auth_request: AuthorizationRequest) -> Answer:
    if _is_htmx():
        return _found_projects()
    if not current_user.is_authenticated:
        return _sign_in()
    if _is_stale():
        return _consent_page(auth_request, read_consent_form(), refusal=_STALE), 422
    check_limit("authorize", current_user.person.id, _RATE_LIMIT)
    if is_search(request.form):
        return _consent_page(auth_request, read_consent_form())
    if request.form.get("decision") != "allow":
        denial = {"error": "access_denied", "error_description": "The person said no."}
        return redirect_back(auth_request.redirect_uri, auth_request.state, **denial)
    return _grant(auth_request)


def _grant(auth_request: AuthorizationRequest) -> Answer:
    access = Access.from_session(current_user.person)
    try:
        project_ids = selected_projects(access)
    except MissingChoice as missing:
        return _consent_page(auth_request, read_consent_form(), {"reach": str(missing)}), 422
    if needs_proof(access, current_user.session.id):
        keep_choice()
        return redirect(url_for("portal.prove", next=_address(_parameters())), 303)
    scopes = selected_scopes(auth_request.scopes)
    consent = Consent(
        auth_request.client, auth_request.redirect_uri, auth_request.challenge, auth_request.resource, scopes, project_ids
    )
    code = grants.grant(access, consent)
    return redirect_back(auth_request.redirect_uri, auth_request.state, code=code)


def _is_stale() -> bool:
    """Whether the form is of an older session. Raises CSRFError for one that no page of ours has sent."""
    try:
        current_app.extensions["csrf"].protect()
    except CSRFError:
        if not is_from_our_page():
            raise
        return True
    return False


def _is_htmx() -> bool:
    """Whether htmx requests a part of the page: the projects."""
    return request.headers.get("HX-Request") == "true"
