"""The authorization endpoint: a person is asked, and sent back with a code or a refusal."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from calmboard.access.access import Access
from calmboard.access.credentials.session_tokens import SignedIn, find_signed_in
from calmboard.access.oauth import grants
from calmboard.access.oauth.client_metadata import InvalidClientMetadata, find_document, is_document
from calmboard.access.oauth.clients import Client, find_client
from calmboard.access.oauth.grants import Consent
from calmboard.access.scopes import READING, SCOPES, USABLE, expand
from calmboard.errors import Problem
from calmboard.outgoing import Fetch
from calmboard.settings import Window
from calmboard.work.project_choice import Choices, list_choices
from oauth.answers import OAuthError, VerbatimRedirect, answer, answer_error, answer_problem, origin
from oauth.consent import CHOICES, Chosen, NothingChosen, asks_for, chosen_projects, chosen_scopes, describe, sent_choices
from oauth.parameters import resource_in, single
from oauth.rate_limits import check_limit

bp = Blueprint("oauth_authorize", __name__)

Answer = Response | str | tuple[str, int]

_WINDOW = Window(60, 60)
# A reader may hang for half a minute, and there are few: nobody has all of them waiting.
_READS = Window(6, 60)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_SOMEBODY_ELSES = (
    "This client ID belongs to another person, and works for them alone. "
    "Use your own, which stands under Integrations & APIs, or sign in as that person."
)
_OWN_CLIENT_ALONE = "A session token asks for your own client alone."
_PROMPTS = {"consent", "login", "none", "select_account"}


class UntrustedClient(Exception):
    """The application or its address cannot be trusted, so the person is told, and sent nowhere."""


class LoginRequired(Exception):
    """The application is looked up for a signed-in person only."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An authorization request that can be answered at its redirect URI; `unused` scopes are asked for and of no use."""

    client: Client
    redirect_uri: str
    state: str | None
    resource: str
    challenge: str
    scopes: frozenset[str]
    prompt: str | None
    unused: tuple[str, ...] = ()


@bp.get("/api/oauth/authorize")
def ask() -> Answer:
    if request.headers.get("Authorization"):
        return _answer_program()
    return _answer(_show_consent)


@bp.post("/api/oauth/authorize")
def decide() -> Answer:
    return _answer(_carry_out)


def _answer(then: Callable[[AuthorizationRequest], Answer]) -> Answer:
    try:
        parameters = _parameters()
        client, redirect_uri = _trusted(parameters)
        _need_nobody_elses(client)
    except UntrustedClient as problem:
        return _tell(str(problem))
    except LoginRequired:
        return _sign_in()
    state = parameters.get("state")
    try:
        asked = _read(parameters, client, redirect_uri)
    except OAuthError as error:
        return _send_back(redirect_uri, state, error=error.code, error_description=error.description)
    return then(asked)


def _answer_program() -> Response:
    """For Postman: a session token asks for its person's own client, and the answer is JSON instead of a redirect."""
    try:
        asked, signed_in = _asked_by_program()
    except OAuthError as error:
        return answer_error(error)
    except Problem as problem:
        return answer_problem(problem)
    consent = Consent(
        asked.client, asked.redirect_uri, asked.challenge, asked.resource, asked.scopes, session_id=signed_in.session_id
    )
    code = grants.grant(Access.from_session(signed_in.user), consent)
    told = {"code": code, "state": asked.state, "iss": origin(), "redirect_uri": asked.redirect_uri}
    return answer({name: value for name, value in told.items() if value is not None})


def _asked_by_program() -> tuple[AuthorizationRequest, SignedIn]:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if request.cookies:
        raise OAuthError("invalid_request", "Send a session token or a cookie, not both.")
    try:
        signed_in = find_signed_in(secret.strip() if scheme.lower() == "bearer" else None)
    except Problem as problem:
        raise OAuthError("invalid_token", problem.detail, 401) from problem
    check_limit("authorize", signed_in.user.id, _WINDOW)
    try:
        parameters = single(request.args)
        client, redirect_uri = _trusted(parameters)
    except UntrustedClient as problem:
        raise OAuthError("invalid_request", str(problem)) from problem
    except LoginRequired:
        raise OAuthError("unauthorized_client", _OWN_CLIENT_ALONE, 403) from None
    if client.user_id != signed_in.user.id:
        raise OAuthError("unauthorized_client", _OWN_CLIENT_ALONE, 403)
    return _read(parameters, client, redirect_uri), signed_in


def _parameters() -> dict[str, str]:
    try:
        return single(MultiDict(pair for pair in _sent().items(multi=True) if pair[0] not in CHOICES))
    except OAuthError as error:
        raise UntrustedClient(error.description) from None


def _sent() -> MultiDict[str, str]:
    return request.form if request.method == "POST" else request.args


def _trusted(parameters: Mapping[str, str]) -> tuple[Client, str]:
    client = _client(parameters.get("client_id", ""))
    if client is None:
        raise UntrustedClient("CalmBoard does not know the application that sent you here. Start again from the application.")
    redirect_uri = parameters.get("redirect_uri", "")
    if not client.allows(redirect_uri):
        raise UntrustedClient(f"The address that {client.shown_name} wants you sent back to is not one it has registered.")
    return client, redirect_uri


def _need_nobody_elses(client: Client) -> None:
    """A person's own client asks its person alone: nobody else could know who uses it."""
    if client.user_id is not None and current_user.is_authenticated and client.user_id != current_user.person.id:
        raise UntrustedClient(_SOMEBODY_ELSES)


def _client(client_id: str) -> Client | None:
    """The client of this id. One that is the address of its description is asked for by a signed-in person only."""
    if not is_document(client_id):
        return find_client(client_id)
    if not current_user.is_authenticated:
        raise LoginRequired
    try:
        return find_document(client_id, _fetch)
    except InvalidClientMetadata as problem:
        raise UntrustedClient(str(problem)) from problem


def _fetch(url: str, max_bytes: int) -> bytes:
    """Ask another server, but never often: not for one person, and not one server."""
    check_limit("documents", current_user.person.id, _READS)
    check_limit("documents", urlsplit(url).netloc, _WINDOW)
    fetch: Fetch = current_app.extensions["calmboard_fetch"]
    return fetch(url, max_bytes)


def _read(parameters: Mapping[str, str], client: Client, redirect_uri: str) -> AuthorizationRequest:
    _need_plain(parameters)
    if parameters.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "The one response type here is code.")
    challenge = parameters.get("code_challenge", "")
    if parameters.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "PKCE is needed: send code_challenge with code_challenge_method S256.")
    resource = resource_in(_sent())
    if resource is None:
        raise OAuthError("invalid_target", f"Send resource: {origin()} for the API or {origin()}/mcp for the MCP server.")
    prompt = parameters.get("prompt")
    if prompt is not None and not set(prompt.split()) <= _PROMPTS:
        raise OAuthError("invalid_request", "prompt is one of consent, login, none and select_account.")
    scopes, unused = _scopes(parameters)
    return AuthorizationRequest(client, redirect_uri, parameters.get("state"), resource, challenge, scopes, prompt, unused)


def _need_plain(parameters: Mapping[str, str]) -> None:
    """All parameters stand in the request itself (RFC 9101, section 6), and the answer in the query of the redirect URI."""
    for name in ("request", "request_uri"):
        if name in parameters:
            raise OAuthError(f"{name}_not_supported", f"Leave out {name}, and send each parameter by itself.")
    if parameters.get("response_mode", "query") != "query":
        raise OAuthError("invalid_request", "The one response_mode here is query.")


def _scopes(parameters: Mapping[str, str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """What is asked for and of use, and what is known and of none yet; unknown scopes are passed over as long as one is left."""
    names = frozenset(parameters.get("scope", "").split()) - {"offline_access"}
    if not names:
        return READING, ()
    known = names & set(SCOPES)
    if not known:
        raise OAuthError("invalid_scope", "None of these scopes is known here.")
    usable = expand(known) & USABLE
    if not usable:
        raise OAuthError("invalid_scope", "Nothing here uses these scopes yet, so nobody can grant them.")
    return usable, tuple(sorted(known - USABLE))


def _show_consent(asked: AuthorizationRequest) -> Response | str:
    if not current_user.is_authenticated:
        if asked.prompt == "none":
            return _send_back(asked.redirect_uri, asked.state, error="login_required", error_description="Nobody is signed in.")
        return _sign_in()
    if asked.prompt == "none":
        refusal = {"error": "consent_required", "error_description": "The person has to be asked."}
        return _send_back(asked.redirect_uri, asked.state, **refusal)
    return _consent_page(asked, Chosen("all", asked.scopes, frozenset()), {})


def _consent_page(asked: AuthorizationRequest, chosen: Chosen, faults: dict[str, str]) -> str:
    g.form_leads_away = True
    parameters = _parameters()
    return render_template(
        "oauth/consent.html",
        asked=asked,
        about=describe(asked.client, asked.redirect_uri, asked.resource),
        rights=asks_for(asked.scopes),
        choices=_choices(chosen),
        parameters=parameters,
        again=f"{request.path}?{urlencode(parameters)}",
        chosen=chosen,
        faults=faults,
    )


def _choices(chosen: Chosen) -> Choices:
    access = Access.from_session(current_user.person)
    return list_choices(access, request.form.get("projects_after"), chosen.project_ids)


def _sign_in() -> Response:
    """Come back to the same request after it; a decision that was sent without a session is asked for again."""
    there = request.full_path if request.method == "GET" else None
    return redirect(url_for("portal.sign_in", next=there), 303)


def _carry_out(asked: AuthorizationRequest) -> Answer:
    if not current_user.is_authenticated:
        return _sign_in()
    current_app.extensions["csrf"].protect()
    check_limit("authorize", current_user.person.id, _WINDOW)
    if "projects_after" in request.form:
        return _consent_page(asked, sent_choices(), {})
    if request.form.get("decision") != "allow":
        denial = {"error": "access_denied", "error_description": "The person said no."}
        return _send_back(asked.redirect_uri, asked.state, **denial)
    access = Access.from_session(current_user.person)
    try:
        project_ids = chosen_projects(access)
    except NothingChosen as missing:
        return _consent_page(asked, sent_choices(), {"reach": str(missing)}), 422
    scopes = chosen_scopes(asked.scopes)
    consent = Consent(asked.client, asked.redirect_uri, asked.challenge, asked.resource, scopes, project_ids)
    code = grants.grant(access, consent)
    return _send_back(asked.redirect_uri, asked.state, code=code)


def _send_back(redirect_uri: str, state: str | None, **answer: str) -> Response:
    """303, so that a browser turns a POST into a GET; `iss` says who answers (RFC 9207).

    The application's address is only added to (RFC 6749, section 3.1.2).
    """
    more = {**answer, **({"state": state} if state is not None else {}), "iss": origin()}
    sign = "" if redirect_uri.endswith("?") else "&" if "?" in redirect_uri else "?"
    return VerbatimRedirect(status=303, headers={"Location": redirect_uri + sign + urlencode(more)}, mimetype="text/html")


def _tell(sentence: str) -> tuple[str, int]:
    return render_template("oauth/stopped.html", sentence=sentence), 400
