"""Apps that people make for others: their whole life on the pages, who keeps them, and what nobody else learns of them."""

import re
from collections.abc import Callable
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, stream_encode_multipart

from calmboard.access.oauth.app_changes import MAX_APPS, create_app, set_verified
from calmboard.access.oauth.app_forms import AppForm
from calmboard.access.oauth.made_apps import find_app, list_apps
from calmboard.access.request_log import REQUEST_LOG
from tests.oauth.conftest import HostApp
from tests.portal.account.factors import forget_steps, pass_ten_minutes, set_up
from tests.portal.forms import send
from tests.support.audit import audited_actions
from tests.support.clients.markup import find_repairs
from tests.support.users import TestUser, add_project_and_board, csrf_token

NewUser = Callable[..., TestUser]

_LIST, _NEW = "/integrations/apps", "/integrations/apps/new"
_CALLBACK = "https://standup.example/callback"
_UNKNOWN = "cli_01m86ffkj1eyt9k86t46h61k8b"
_FORM = {
    "name": "Stand-up bot",
    "description": "Posts what you did",
    "home_page": "https://standup.example/about",
    "callbacks": [_CALLBACK, "", ""],
}


def _text(page: TestResponse) -> str:
    apart = re.sub(r"</(?:dt|dd|th|td)>", " ", page.text)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", apart)))


def _upload(kind: str = "PNG", size: tuple[int, int] = (40, 40)) -> tuple[BytesIO, str]:
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    file.seek(0)
    return file, "picture"


def _submit(browser: FlaskClient, path: str, **changes: Any) -> TestResponse:
    """Fill in the form of this page, and send it to where the page itself is."""
    return send(browser, path, path, **{**_FORM, **changes})


def _create(browser: FlaskClient, **changes: Any) -> str:
    """The id of a new app."""
    answer = _submit(browser, _NEW, **changes)
    assert answer.status_code == 303, _text(answer)
    client_id = answer.location.removeprefix(f"{_LIST}/")
    assert client_id.startswith("cli_"), answer.location
    return client_id


@pytest.fixture
def colleague(app: Flask, person: TestUser, new_user: NewUser) -> TestUser:
    """Somebody who shares a project with the person."""
    colleague = new_user()
    add_project_and_board(app, person, name="Shared", member=colleague)
    return colleague


def _help(browser: FlaskClient, client_id: str, *people: TestUser) -> TestResponse:
    """Choose these among the members of the shared project."""
    path = f"{_LIST}/{client_id}/maintainers"
    [project_id] = re.findall(r'<option value="(prj_\w+)"[^>]*>Shared', browser.get(path).text)
    return send(browser, path, path, project=project_id, maintainers=[person.person.id for person in people])


def test_a_new_app_has_a_page_with_what_its_program_needs(browser_of: FlaskClient) -> None:
    client_id = _create(browser_of, picture=_upload())
    page = browser_of.get(f"{_LIST}/{client_id}")
    assert find_repairs(page.text) == []
    for words in ("Stand-up bot is made.", "Posts what you did", "Not verified", "standup.example", client_id, _CALLBACK):
        assert words in _text(page)
    assert _submit(browser_of, f"{_LIST}/{client_id}/edit", name="Better bot", takes_away="yes").status_code == 303
    changed = browser_of.get(f"{_LIST}/{client_id}").text
    assert ("Better bot" in changed, f"{client_id}/picture" in changed) == (True, False)


def test_its_maker_sees_how_it_is_used_and_nothing_of_whom(app: Flask, browser_of: FlaskClient, new_user: NewUser) -> None:
    client_id, other = _create(browser_of), new_user()
    host = HostApp(app, other.sign_in(), client_id, {}, _CALLBACK)
    api = host.api(host.get_tokens()["access_token"])
    assert (api.get("/projects").status_code, api.get("/keys").status_code) == (200, 403)
    with app.app_context():
        REQUEST_LOG.get().flush()
    page = browser_of.get(f"{_LIST}/{client_id}")
    for words in ("Used by 1 person now", "Answered 1", "Refused 1", "insufficient_scope Scope missing 1"):
        assert words in _text(page)
    assert [secret for secret in (other.email, other.person.id) if secret in page.text] == []
    assert "1 person uses it" in _text(browser_of.get(_LIST))


def test_a_disabled_app_holds_nothing_until_it_is_let_in_again(app: Flask, browser_of: FlaskClient, new_user: NewUser) -> None:
    client_id = _create(browser_of)
    path, host = f"{_LIST}/{client_id}", HostApp(app, new_user().sign_in(), client_id, {}, _CALLBACK)
    api = host.api(host.get_tokens()["access_token"])
    assert "1 person loses access by it." in _text(browser_of.get(f"{path}/disable"))
    assert send(browser_of, f"{path}/disable", f"{path}/disable").location == path
    assert (api.get("/me").status_code, api.get("/me").json["code"]) == (401, "invalid_token")
    assert host.open_consent().status_code == 400
    assert "is disabled already" in _text(browser_of.get(f"{path}/disable"))
    assert send(browser_of, path, f"{path}/enable").location == path
    assert api.get("/me").status_code == 401
    assert host.open_consent().status_code == 200


def test_a_deleted_app_is_gone_and_the_log_says_who_did_what(app: Flask, browser_of: FlaskClient, new_user: NewUser) -> None:
    client_id = _create(browser_of)
    path, host = f"{_LIST}/{client_id}", HostApp(app, new_user().sign_in(), client_id, {}, _CALLBACK)
    assert "Nobody uses it now." in _text(browser_of.get(f"{path}/delete"))
    api = host.api(host.get_tokens()["access_token"])
    assert send(browser_of, f"{path}/delete", f"{path}/delete").location == f"{_LIST}#own-apps"
    assert "Stand-up bot is deleted" in _text(browser_of.get(_LIST))
    assert (browser_of.get(path).status_code, api.get("/me").status_code, host.open_consent().status_code) == (404, 401, 400)
    log = _text(browser_of.get("/account/audit"))
    for words in ("App “Stand-up bot” was made.", "“Stand-up bot” was deleted."):
        assert words in log


def test_a_colleague_who_is_asked_sees_what_it_is_and_who_answers_for_it(
    app: Flask, person: TestUser, browser_of: FlaskClient, colleague: TestUser
) -> None:
    long_word = "Unterbrechungsfrei" * 12
    client_id = _create(browser_of, name="مرآة السباق", description=f"<b>{long_word}", picture=_upload("WEBP"))
    host = HostApp(app, colleague.sign_in(), client_id, {}, _CALLBACK)
    consent = host.open_consent()
    assert find_repairs(consent.text) == []
    for words in (f"{person.person.name} made this app", "CalmBoard has not verified it.", "standup.example", f"<b>{long_word}"):
        assert words in _text(consent)
    assert "/about" not in _text(consent)
    assert "\u2068مرآة السباق\u2069" in consent.text
    [source] = re.findall(rf'src="({_LIST}/{client_id}/picture[^"]*)"', consent.text)
    assert host.browser.get(source).mimetype == "image/png"
    with app.app_context():
        set_verified("operator", client_id, is_verified=True)
    assert "and CalmBoard has verified it." in _text(host.open_consent())


def test_a_picture_is_cached_and_is_nothing_but_a_picture(app: Flask, browser_of: FlaskClient, new_user: NewUser) -> None:
    client_id = _create(browser_of, picture=_upload("GIF"))
    path = f"{_LIST}/{client_id}/picture"
    picture = new_user().sign_in().get(path)
    with Image.open(BytesIO(picture.data)) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (128, 128))
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert picture.headers["Cache-Control"] == "private, max-age=86400"
    assert browser_of.get(path, headers={"If-None-Match": picture.headers["ETag"]}).status_code == 304
    assert app.test_client().get(path).location.startswith("/sign-in")
    assert [browser_of.get(f"{_LIST}/{odd}/picture").status_code for odd in (_UNKNOWN, "x", "%00")] == [404, 404, 404]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": ""}, "name", "Give the app the name"),
        ({"name": "Bot\u202ebank"}, "name", "Use letters, digits and signs"),
        ({"description": "x" * 301}, "description", "This is 301 characters long."),
        ({"home_page": "javascript:alert(1)"}, "home_page", "Write the whole address"),
        ({"callbacks": ["", ""]}, "redirect_uris", "Give at least one address"),
        ({"callbacks": [f"https://a.example/{n}" for n in range(4)]}, "redirect_uris", "These are 4 addresses."),
        ({"callbacks": [_CALLBACK, "http://a.example"]}, "callback-2", "Public addresses need https."),
        ({"picture": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}, "picture", "Choose a PNG"),
        ({"picture": b""}, "picture", "Choose a PNG"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_made(
    app: Flask, person: TestUser, browser_of: FlaskClient, changes: dict[str, Any], field: str, sentence: str
) -> None:
    files = {name: (BytesIO(value), "picture.svg") for name, value in changes.items() if isinstance(value, bytes)}
    answer = _submit(browser_of, _NEW, **{**changes, **files})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert re.search(rf'id="{field}"[^>]* aria-invalid="true"', answer.text)
    assert sentence in _text(answer)
    kept = {**_FORM, **changes}["home_page"]
    assert f'value="{kept}"' in answer.text
    with app.app_context():
        assert [each.is_first for each in list_apps(person.access)] == [True]


def test_what_a_camera_takes_is_too_large_and_is_said_so(browser_of: FlaskClient) -> None:
    photo = FileStorage(BytesIO(b"\x89PNG" + b"x" * 5_000_000), "photo.png")
    form = {"csrf_token": csrf_token(browser_of.get(_NEW)), "name": "Camera", "callbacks": _CALLBACK, "picture": photo}
    stream, _, boundary = stream_encode_multipart(form, use_tempfile=False)
    answer = browser_of.post(_NEW, data=stream, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == 422
    assert "Choose a PNG, JPEG, WebP or GIF picture of at most 1 MB." in _text(answer)
    assert 'value="Camera"' in answer.text


def test_a_form_sent_twice_makes_one_and_with_another_picture_a_second(
    app: Flask, person: TestUser, browser_of: FlaskClient
) -> None:
    page = browser_of.get(_NEW)
    [token] = re.findall(r'name="form_token" value="([^"]+)"', page.text)
    form = {**_FORM, "csrf_token": csrf_token(page), "form_token": token}
    first, second = (browser_of.post(_NEW, data={**form, "picture": _upload()}) for _ in range(2))
    assert (first.status_code, second.location) == (303, first.location)
    third = browser_of.post(_NEW, data={**form, "picture": _upload("GIF")})
    assert third.location != first.location
    with app.app_context():
        assert [app.has_picture for app in list_apps(person.access)] == [False, True, True]


def test_maintainers_change_it_and_neither_delete_it_nor_choose_others(
    app: Flask, browser_of: FlaskClient, person: TestUser, colleague: TestUser
) -> None:
    client_id = _create(browser_of)
    path, theirs = f"{_LIST}/{client_id}", colleague.sign_in()
    assert theirs.get(path).status_code == 404
    assert _help(browser_of, client_id, colleague).location == path
    assert f"{colleague.person.name} · edits it" in _text(browser_of.get(path))
    assert f"Made by {person.person.name}; you help to keep it" in _text(theirs.get(_LIST))
    page = theirs.get(path)
    assert ("Its history" in page.text, "/delete" in page.text, "/maintainers" in page.text) == (False, False, False)
    assert _submit(theirs, f"{path}/edit", name="Better bot").location == path
    token = {"csrf_token": csrf_token(theirs.get(path))}
    for forbidden in ("delete", "maintainers"):
        assert theirs.get(f"{path}/{forbidden}").status_code == 403
        assert theirs.post(f"{path}/{forbidden}", data=token).status_code == 403
    assert send(theirs, f"{path}/disable", f"{path}/disable").location == path
    history = _text(browser_of.get(path))
    assert f"Changed: name, by {colleague.person.name}" in history
    assert f"Disabled, by {colleague.person.name}" in history
    assert _help(browser_of, client_id).location == path
    assert theirs.get(path).status_code == 404


def test_who_helps_may_stop_and_who_made_it_stays(app: Flask, browser_of: FlaskClient, colleague: TestUser) -> None:
    client_id = _create(browser_of)
    path, theirs = f"{_LIST}/{client_id}", colleague.sign_in()
    _help(browser_of, client_id, colleague)
    assert "Stop helping" not in browser_of.get(path).text
    assert browser_of.post(f"{path}/leave", data={"csrf_token": csrf_token(browser_of.get(path))}).status_code == 403
    assert send(theirs, path, f"{path}/leave").location == f"{_LIST}#own-apps"
    assert theirs.get(path).status_code == 404
    assert f"Who keeps it was chosen, by {colleague.person.name}" in _text(browser_of.get(path))


def test_only_members_of_ones_own_projects_are_chosen(browser_of: FlaskClient, colleague: TestUser, new_user: NewUser) -> None:
    client_id, stranger = _create(browser_of), new_user()
    path = f"{_LIST}/{client_id}/maintainers"
    assert stranger.email not in browser_of.get(path).text
    refused = _help(browser_of, client_id, colleague, stranger)
    assert refused.status_code == 422
    assert "One of them is not a member of this project any more." in _text(refused)
    elsewhere = add_project_and_board(stranger.app, stranger, member=new_user()).project_id
    for odd in (elsewhere, "prj_nothing", "x" * 3000):
        assert "Who keeps it with you" in _text(browser_of.get(path, query_string={"project": odd}))
        answer = send(browser_of, path, path, project=odd, maintainers=[stranger.person.id])
        assert answer.status_code == 422


def test_nobody_else_learns_whether_it_exists(browser_of: FlaskClient, new_user: NewUser) -> None:
    client_id, stranger = _create(browser_of), new_user().sign_in()
    token = {"csrf_token": csrf_token(stranger.get(_NEW)), **_FORM}
    for end in ("", "/edit", "/disable", "/delete", "/maintainers"):
        pages = [stranger.get(f"{_LIST}/{each}{end}") for each in (client_id, _UNKNOWN)]
        assert [page.status_code for page in pages] == [404, 404]
        assert _text(pages[0]) == _text(pages[1])
    for end in ("/edit", "/disable", "/enable", "/delete", "/maintainers"):
        answers = [stranger.post(f"{_LIST}/{each}{end}", data=token) for each in (client_id, _UNKNOWN)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert _text(answers[0]) == _text(answers[1])


@pytest.mark.parametrize("end", ["edit", "disable", "enable", "delete", "maintainers"])
def test_what_was_deleted_in_another_window_is_said_so(app: Flask, browser_of: FlaskClient, end: str) -> None:
    client_id = _create(browser_of)
    path = f"{_LIST}/{client_id}"
    token = csrf_token(browser_of.get(f"{path}/edit"))
    send(browser_of, f"{path}/delete", f"{path}/delete")
    late = browser_of.post(f"{path}/{end}", data={"csrf_token": token, **_FORM})
    assert late.status_code == 404
    assert "It may have been deleted." in _text(late)
    assert audited_actions(app, subject_id=client_id) == ["client.created", "client.deleted"]


def test_the_first_one_has_a_page_as_any_other_and_stays(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    with app.app_context():
        [first] = list_apps(person.access)
    path = f"{_LIST}/{first.client.id}"
    assert "Yours from the start" in _text(browser_of.get(_LIST))
    assert _submit(browser_of, f"{path}/edit", picture=_upload("JPEG")).location == path
    page = browser_of.get(path)
    assert ("Stand-up bot" in _text(page), f"{path}/picture" in page.text, f"{path}/delete" in page.text) == (True, True, False)
    token = {"csrf_token": csrf_token(page)}
    assert (browser_of.get(f"{path}/delete").status_code, browser_of.post(f"{path}/delete", data=token).status_code) == (403, 403)


def test_a_change_that_ends_the_verification_says_so(app: Flask, browser_of: FlaskClient) -> None:
    client_id = _create(browser_of)
    path = f"{_LIST}/{client_id}"
    with app.app_context():
        set_verified("operator", client_id, is_verified=True)
    assert "With another name, picture, home page or callback it is not" in _text(browser_of.get(f"{path}/edit"))
    _submit(browser_of, f"{path}/edit", description="More")
    assert "Verified" in _text(browser_of.get(path))
    _submit(browser_of, f"{path}/edit", home_page="https://bank.example")
    assert "It is not verified any more" in _text(browser_of.get(path))
    with app.app_context():
        found = find_app(client_id)
        assert found is not None
        assert found.verified_at is None


def test_on_free_none_is_made_and_the_page_says_why(app: Flask, new_user: NewUser) -> None:
    reader = new_user("free")
    browser = reader.sign_in()
    assert "New apps come with a paid plan." in _text(browser.get(_LIST))
    token = csrf_token(browser.get(_LIST))
    for answer in (browser.get(_NEW), browser.post(_NEW, data={"csrf_token": token, **_FORM})):
        assert (answer.status_code, answer.location) == (303, f"{_LIST}#own-apps")
        assert "paid plan" in _text(browser.get(_LIST))
    with app.app_context():
        assert len(list_apps(reader.access)) == 1


def test_one_too_many_is_not_made(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    token = csrf_token(browser_of.get(_NEW))
    with app.app_context():
        for number in range(MAX_APPS):
            create_app(person.access, AppForm(f"Bot {number}", "", "", (_CALLBACK,)))
    assert "as many as a person may" in _text(browser_of.get(_LIST))
    for answer in (browser_of.get(_NEW), browser_of.post(_NEW, data={"csrf_token": token, **_FORM})):
        assert answer.location == f"{_LIST}#own-apps"
    with app.app_context():
        assert len(list_apps(person.access)) == MAX_APPS + 1


def test_after_ten_minutes_what_matters_asks_for_a_code(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    authenticator, _ = set_up(person, browser_of)
    client_id = _create(browser_of)
    path = f"{_LIST}/{client_id}"
    pass_ten_minutes(app)
    for page, action in (
        (_NEW, _NEW),
        (f"{path}/edit", f"{path}/edit"),
        (f"{path}/maintainers", f"{path}/maintainers"),
        (f"{path}/delete", f"{path}/delete"),
        (_LIST, "/integrations/oauth/callbacks"),
    ):
        answer = send(browser_of, page, action, **{**_FORM, "name": "Taken over"})
        assert answer.location.startswith("/account/prove"), action
    assert audited_actions(app, subject_id=client_id) == ["client.created"]
    form = {**_FORM, "csrf_token": csrf_token(browser_of.get(_NEW)), "name": "Later"}
    answer = browser_of.post(_NEW, data=form, headers={"Origin": "http://127.0.0.1:8000"})
    forget_steps(app)
    proven = send(browser_of, answer.location, answer.location, code=authenticator.code())
    again = browser_of.get(proven.location)
    assert ('value="Later"' in again.text, "If you had chosen one, choose it again." in _text(again)) == (True, True)
    pass_ten_minutes(app)
    assert send(browser_of, f"{path}/disable", f"{path}/disable").location == path
