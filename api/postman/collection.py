"""The collection: a folder for each noun, between signing in and cleaning up (Postman's format v2.1.0).

Run from top to bottom it creates a project of its own, works on that alone, and deletes it at the end.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from flask import Flask

from api.docs.nouns import NOUNS
from api.docs.openapi import openapi_document
from api.framework.describe import Operation, operations
from api.postman.frame import bad_input, sign_in, sign_out
from api.postman.items import Item, Names, item
from api.postman.oauth import oauth_flow, oauth_refusals
from api.postman.scripts import clear_ids
from calmboard.extensions import Extension

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_ABOUT = """\
Fill in the variable `apiKey`, and `email` and `password` for the folder “Sign in”. Then send any request, or run all of it: \
a run makes a project of its own, works in that alone and deletes it at the end.

The folder “OAuth” follows the flow of a host application with your own client, after “Sign in” and without a key. To use \
its token elsewhere, send “Authorize” and “Exchange the code for tokens”, and write `{{accessToken}}` for the collection's token.

In place of e-mail and password, a signed-in page of CalmBoard has a token for `sessionToken`: read \
`localStorage.calmboard_token` in the browser's console. It lives for an hour and ends when you sign out.
"""
_VARIABLES = {
    "apiKey": "An API key, cbk_…; made on the page Integrations & APIs.",
    "email": "Your e-mail, for the folder “Sign in”.",
    "password": "Your password, for the folder “Sign in”.",
    "sessionToken": "Filled by “Sign in”, or by hand from localStorage.calmboard_token.",
    "clientId": "Filled by “Sign in”: the id of your own OAuth client.",
    "redirectUri": "Filled by “Sign in”: the first callback of that client.",
    "resource": "What an OAuth token is asked for: the API.",
    "accessToken": "Filled by the folder “OAuth”: what the API takes in place of a key.",
    "refreshToken": "Filled by the folder “OAuth”: what is traded for the next tokens.",
    "accessTokenBefore": "The access token before the last refresh.",
    "refreshTokenBefore": "The refresh token that was traded last.",
    "codeVerifier": "Made by “Authorize”, and shown when the code is exchanged.",
    "codeChallenge": "Made by “Authorize” of the verifier, by S256.",
    "state": "Made by “Authorize”, and expected in its answer.",
    "code": "Filled by “Authorize”: good for a minute, and once.",
}
_ME, _PROJECTS = ("GET", "/api/v1/me"), ("GET", "/api/v1/projects")


_POSTMAN: Extension[bytes] = Extension("postman")


def postman_json(app: Flask) -> bytes:
    """The whole collection, generated once per app."""
    return _POSTMAN.get_or_make(app, lambda app: msgspec.json.encode(_collection(app)))


def _collection(app: Flask) -> dict[str, Any]:
    document = openapi_document(app)
    endpoints = sort_operations(list(operations(app)))
    names = Names.of(endpoints)
    origin = document["servers"][0]["url"]
    plain = {(endpoint.method, endpoint.path): item(endpoint, document, names) for endpoint in endpoints}
    items = _with_successors(list(plain.values()), names)
    me, projects = plain[_ME].content, plain[_PROJECTS].content
    folders = [_folder(NOUNS[noun].name, [one for one in items if one.noun == noun]) for noun in NOUNS]
    return {
        "info": {"name": document["info"]["title"], "description": _ABOUT, "schema": _SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{apiKey}}", "type": "string"}]},
        "variable": _variables(origin, names),
        "item": [
            {"name": "Sign in", "item": sign_in()},
            {"name": "OAuth", "item": [*oauth_flow(origin, me, projects), *oauth_refusals(origin, me)]},
            *(folder for folder in folders if folder["item"]),
            {"name": "Bad input", "item": bad_input()},
            {"name": "Clean up", "item": [*_project_deletions(items, names), sign_out()]},
        ],
    }


def sort_operations(endpoints: list[Operation]) -> list[Operation]:
    """Parents before what they hold, and in each noun: create, list, read, change, delete, act.

    Acting comes last because it may end the state of a resource, such as a sprint that is completed.
    """
    nouns = list(NOUNS)
    return sorted(endpoints, key=lambda endpoint: (nouns.index(endpoint.noun), _rank(endpoint)))


def _rank(endpoint: Operation) -> int:
    if 201 in endpoint.statuses:
        return 0
    if endpoint.method == "GET":
        return 1 if endpoint.is_list else 2
    return {"PATCH": 3, "PUT": 4, "DELETE": 5, "POST": 6}[endpoint.method]


def _with_successors(items: list[Item], names: Names) -> list[Item]:
    """Where a deleted resource is needed further down, create another one right after."""
    creators = {one.creates: one for one in items if one.creates}
    return [one for index, first in enumerate(items) for one in _and_successor(first, items[index + 1 :], creators, names)]


def _and_successor(first: Item, later: list[Item], creators: dict[str, Item], names: Names) -> Iterator[Item]:
    yield first
    deleted = first.deletes
    if deleted is not None and deleted in creators and (deleted == names.root or any(deleted in one.needs for one in later)):
        yield creators[deleted].renamed(f"{creators[deleted].content['name']} for what follows", first.noun)


def _project_deletions(items: list[Item], names: Names) -> list[dict[str, Any]]:
    """Delete what the run created, where it created it."""
    deletions = [one for one in items if one.deletes == names.root and names.root in names.created]
    return [clear_ids(one.renamed("Delete the project of this run", one.noun).content, names.created) for one in deletions]


def _folder(name: str, items: list[Item]) -> dict[str, Any]:
    return {"name": name, "item": [one.content for one in items]}


def _variables(origin: str, names: Names) -> list[dict[str, Any]]:
    ids = dict.fromkeys(names.filled, "Filled by the requests that make or list such a thing.")
    others = dict.fromkeys(names.others, "An id to be chosen by you. Requests that need it are skipped while it is empty.")
    descriptions = {"baseUrl": "Where CalmBoard is.", **_VARIABLES, **ids, **others}
    values = {"baseUrl": origin, "resource": origin}
    return [
        {"key": name, "value": values.get(name, ""), "type": "string", "description": description}
        for name, description in descriptions.items()
    ]
