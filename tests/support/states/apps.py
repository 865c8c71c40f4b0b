"""The apps that a person makes: their list, the page of each, their forms and questions, and the consent of one."""

from dataclasses import replace
from io import BytesIO
from urllib.parse import urlencode

from flask import Flask
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from calmboard.access.oauth.app_changes import create_app, disable_app, set_maintainers, set_verified
from calmboard.access.oauth.app_forms import AppForm
from calmboard.access.oauth.made_apps import App, list_apps
from calmboard.access.request_log.writer import REQUEST_LOG
from tests.oauth.conftest import HostApp
from tests.support.states.readers import newcomer_on_free
from tests.support.states.state import State, at
from tests.support.users import TestUser, add_project_and_board, add_user

_LIST = "/integrations/apps"
_CALLBACKS = ("https://standup.example/callback", "http://127.0.0.1:8765/callback")
_SENTENCE = "Posts each morning what your team did, and asks what comes next."
_FORM = AppForm("Stand-up bot", _SENTENCE, "https://standup.example", _CALLBACKS)
_LONG_CALLBACK = "https://xn--example-3ya.example/" + "callback/" * 12
_RIGHT_TO_LEFT = AppForm("مرآة السباق", "تقرأ المهام " + "long" * 40, "", (_LONG_CALLBACK,))


def _picture() -> bytes:
    drawn, file = Image.new("RGB", (256, 256), "#0b5a72"), BytesIO()
    ImageDraw.Draw(drawn).ellipse((56, 56, 200, 200), fill="#e2eff3")
    drawn.save(file, "PNG")
    return file.getvalue()


def _with_apps(app: Flask) -> TestUser:
    """Somebody with an app that is verified and kept by two, one that is disabled, and one of a name from right to left."""
    reader, colleague = add_user(app), add_user(app)
    project = add_project_and_board(app, reader, member=colleague)
    add_project_and_board(app, reader, member=add_user(app))
    with app.app_context():
        create_app(reader.access, _RIGHT_TO_LEFT)
        stopped = create_app(reader.access, replace(_FORM, name="Nightly export"))
        disable_app(reader.access, stopped.client.id)
        verified = create_app(reader.access, replace(_FORM, picture=_picture()))
        set_maintainers(reader.access, verified.client.id, project.project_id, [colleague.person.id])
        set_verified("operator", verified.client.id, is_verified=True)
    return reader


def _app_of(reader: TestUser, name: str = _FORM.name) -> App:
    with reader.app.app_context():
        [found] = [app for app in list_apps(reader.access) if app.client.name == name]
    return found


def _used(page: Page, reader: TestUser) -> None:
    app = _app_of(reader)
    for _ in range(2):
        person = add_user(reader.app)
        add_project_and_board(reader.app, person)
        host = HostApp(reader.app, person.sign_in(), app.client.id, {}, _CALLBACKS[0])
        api = host.api(host.get_tokens()["access_token"])
        for path in ("/projects", "/me", "/keys", "/tasks/nothing"):
            api.get(path)
    with reader.app.app_context():
        REQUEST_LOG.get().flush()
    page.goto(f"{_LIST}/{app.client.id}")


def _not_verified(page: Page, reader: TestUser) -> None:
    page.goto(f"{_LIST}/{_app_of(reader, _RIGHT_TO_LEFT.name).client.id}")


def _disabled(page: Page, reader: TestUser) -> None:
    page.goto(f"{_LIST}/{_app_of(reader, 'Nightly export').client.id}")


def _edit(page: Page, reader: TestUser) -> None:
    page.goto(f"{_LIST}/{_app_of(reader).client.id}/edit")


def _with_errors(page: Page, _reader: TestUser) -> None:
    page.goto(f"{_LIST}/new")
    page.get_by_label("Home page").fill("standup")
    page.get_by_label("Callback 2").fill("http://standup.example/#here")
    page.get_by_label("Picture").set_input_files({"name": "picture.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
    page.get_by_role("button", name="Create app").click()
    expect(page.locator("#form-errors")).to_be_focused()


def _maintainers(page: Page, reader: TestUser) -> None:
    page.goto(f"{_LIST}/{_app_of(reader).client.id}/maintainers")
    page.get_by_label("Members of").select_option(index=1)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("checkbox")).to_have_count(2)


def _delete_dialog(page: Page, reader: TestUser) -> None:
    _used(page, reader)
    page.get_by_role("link", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_contain_text("2 people lose access by it.")


def _question(page: Page, reader: TestUser) -> None:
    page.goto(f"{_LIST}/{_app_of(reader).client.id}/disable")


def _consent(page: Page, reader: TestUser) -> None:
    """As a colleague sees it: another who is asked to let in what the reader made."""
    page.goto("/docs/errors")
    callback, maker = page.url, add_user(reader.app)
    with reader.app.app_context():
        app = create_app(maker.access, replace(_FORM, redirect_uris=(callback,), picture=_picture()))
    query = {
        "response_type": "code",
        "client_id": app.client.id,
        "redirect_uri": callback,
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "resource": callback.removesuffix("/docs/errors"),
        "scope": "projects:read tasks:write",
    }
    page.goto(f"/api/oauth/authorize?{urlencode(query)}")


APPS = (
    State("apps, none made yet", at(_LIST)),
    State("apps, none made on Free", at(_LIST), newcomer_on_free),
    State("apps, several", at(_LIST), _with_apps),
    State("the page of a verified app that is used", _used, _with_apps),
    State("the page of an app that nobody verified", _not_verified, _with_apps),
    State("the page of a disabled app", _disabled, _with_apps, has_script=False),
    State("app form", at(f"{_LIST}/new"), has_script=False),
    State("app form with errors", _with_errors),
    State("app form, editing", _edit, _with_apps),
    State("who keeps an app", _maintainers, _with_apps),
    State("the dialog before deleting an app", _delete_dialog, _with_apps),
    State("the question before disabling an app", _question, _with_apps, has_script=False),
    State("consent of an app that somebody made", _consent),
)
