"""Attacks on who one is: guessed passwords, credentials that are none, forms of other sites."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.attack.target import NotTried, Target, require, require_refusal

_GUESSES, _SESSIONS = 40, 60
_SAFE = {"get", "post", "put", "patch", "delete"}


def guess_a_password(target: Target) -> str:
    """Guesses at the same time are limited, and the browser that the owner signed in with before is not kept out by them."""
    known = target.signed_in
    with ThreadPoolExecutor(_GUESSES) as pool:
        answers = list(pool.map(lambda number: target.sign_in(f"wrong {number}"), range(_GUESSES)))
    judged = sum(answer.status_code != 429 for answer in answers)
    require(judged <= _GUESSES // 2, f"{judged} of {_GUESSES} guesses were judged")
    known.cookies.clear(domain=target.host, path="/", name="calmboard_session")
    answer = target.sign_in(session=known)
    require(answer.status_code == 303, f"the owner's browser was answered {answer.status_code}")
    return f"{judged} of {_GUESSES} guesses were judged, and the owner signed in"


def open_many_sessions(target: Target) -> str:
    """A right password does not make sessions without end."""
    if not target.email:
        raise NotTried("needs EMAIL and PASSWORD")
    credentials = {"email": target.email, "password": target.password}
    for number in range(_SESSIONS):
        answer = target.post("/api/auth/session", json=credentials)
        if answer.status_code == 429:
            require("Retry-After" in answer.headers, "429 without Retry-After")
            return f"{number} of {_SESSIONS}, then 429"
    require(False, f"{_SESSIONS} sessions within a moment")
    return ""


def come_without_credential(target: Target) -> str:
    """Every operation of the API refuses whoever comes without a credential, or with one that is none."""
    document = target.get("/api/openapi.json").json()
    operations = [(path, method) for path, methods in document["paths"].items() for method in methods if method in _SAFE]
    body = "cbk_" + secrets.token_hex(18)
    tries: list[dict[str, str]] = [
        {},
        {"Authorization": f"Bearer {body}"},
        {"Authorization": "Bearer"},
        {"Cookie": "calmboard_session=x"},
    ]
    base = document["servers"][0]["url"].removeprefix(target.url)
    for path, method in operations:
        if not document["paths"][path][method].get("security", document.get("security")):
            continue
        address = base + path.replace("{", "x").replace("}", "x")
        # A failed credential counts against this address: 429 refuses as well.
        for headers in tries:
            answer = target.send(method.upper(), address, headers=headers)
            require(answer.status_code in {401, 404, 429}, f"{method} {path} was answered {answer.status_code}")
    return f"{len(operations)} operations, {len(tries)} ways"


def send_forms_of_other_sites(target: Target) -> str:
    """A form without the page's token changes nothing, whoever is signed in."""
    forms = {
        "/sign-out": {},
        "/account/password": {"current_password": target.password, "new_password": "another one altogether"},
        "/account/sign-out-everywhere": {},
        "/integrations/keys": {"name": "Attack", "integration": "workflow"},
        "/integrations/oauth/callbacks": {"callbacks": "https://attacker.example/"},
        "/session-token": {},
    }
    browser = target.signed_in
    for path, form in forms.items():
        for headers in ({}, {"Origin": "https://attacker.example"}):
            answer = browser.post(f"{target.url}{path}", data=form, headers=headers, timeout=30, allow_redirects=False)
            require_refusal(answer, f"{path} without its token")
    require(browser.get(f"{target.url}/account", timeout=30, allow_redirects=False).status_code == 200, "it signed out")
    return f"{len(forms)} forms"


def embed_pages(target: Target) -> str:
    """Pages run no script that stands in them, and stand in no frame."""
    for path in ("/sign-in", "/forgot-password", "/docs/api", "/docs/errors", "/nowhere"):
        headers = target.get(path).headers
        policy = headers.get("Content-Security-Policy", "")
        require("unsafe-inline" not in policy and "default-src" in policy, f"{path} has no strict policy")
        require("frame-ancestors 'none'" in policy, f"{path} may stand in a frame")
        require(headers.get("X-Content-Type-Options") == "nosniff", f"{path} may be sniffed")
    return "five pages"


def try_traces(target: Target) -> str:
    """No error of an address, a method or a header shows code."""
    for path in (
        "/%00",
        "/%ff",
        "/api/v1/%00",
        "/..%2f..%2fetc/passwd",
        "/static/../wsgi.py",
        "/" + "a" * 5000,
        "/api/v1/tasks/'--",
    ):
        for method in ("GET", "POST", "TRACE", "PATCH", "FOO"):
            answer = requests.request(method, target.url + path, timeout=30, allow_redirects=False)
            require(answer.status_code < 500, f"{method} {path[:30]} was answered {answer.status_code}")
            require("Traceback (most" not in answer.text, f"{method} {path[:30]} was answered with a traceback")
    return "seven addresses, five methods"
