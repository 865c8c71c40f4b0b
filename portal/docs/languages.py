"""The language in which a reader sees examples: one for all of them, chosen by a link and remembered by a cookie."""

from collections.abc import Mapping

from flask import Response, make_response, request

from calmboard.settings import current_settings

LANGUAGES: Mapping[str, str] = {
    "curl": "curl",
    "python": "Python",
    "javascript": "JavaScript",
    "go": "Go",
    "powershell": "PowerShell",
}
_DEFAULT = "curl"
_PARAMETER = "lang"
_COOKIE = "calmboard_language"
_LIFE_S = 365 * 24 * 3600


def chosen_language() -> str:
    """The one that the address names, or else the one chosen last; a name that is none counts as none."""
    return _named_language() or _known(request.cookies.get(_COOKIE, "")) or _DEFAULT


def opened_example() -> str | None:
    """The id of the example in which the language was chosen."""
    return request.args.get("example")


def remember_language(page: str) -> Response:
    """The page; where its address names a language, it is the one from now on."""
    response = make_response(page)
    if language := _named_language():
        secure = current_settings().is_https
        response.set_cookie(_COOKIE, language, max_age=_LIFE_S, secure=secure, httponly=True, samesite="Lax")
    return response


def _named_language() -> str | None:
    """The one that the address names."""
    return _known(request.args.get(_PARAMETER, ""))


def _known(name: str) -> str | None:
    return name if name in LANGUAGES else None
