"""The form for callback URLs: a field each, added, removed, saved, or refused with the reason."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.portal.apps.callbacks import PLAYGROUND_URL, SAVE_PATH, callbacks_of, shown_callbacks, text_of
from tests.portal.forms import HTMX, send
from tests.support.users import TestUser, csrf_token


def test_callbacks_are_saved_with_commas_and_lines(app: Flask, person: TestUser, browser_of: FlaskClient) -> None:
    text = f"https://a.example/cb,\nhttp://localhost:8765/cb, {PLAYGROUND_URL}"
    saved = send(browser_of, "/integrations", SAVE_PATH, callbacks=text)
    assert (saved.status_code, saved.location) == (303, "/integrations#oauth-client")
    assert callbacks_of(app, person) == ("https://a.example/cb", "http://localhost:8765/cb", PLAYGROUND_URL)
    page = browser_of.get("/integrations").text
    assert "The callback URLs are saved." in page
    assert "Three of three used." in page


def test_each_callback_has_a_field_and_what_comes_twice_counts_once(
    app: Flask, person: TestUser, browser_of: FlaskClient
) -> None:
    fields = ["https://a.example/cb", " https://b.example/cb", "https://a.example/cb", ""]
    send(browser_of, "/integrations", SAVE_PATH, callbacks=fields)
    assert callbacks_of(app, person) == ("https://a.example/cb", "https://b.example/cb")
    assert shown_callbacks(browser_of.get("/integrations").text) == ["https://a.example/cb", "https://b.example/cb"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_fields_are_added_and_removed_before_anything_is_saved(
    app: Flask, person: TestUser, browser_of: FlaskClient, headers: dict[str, str]
) -> None:
    form = {"csrf_token": csrf_token(browser_of.get("/integrations")), "callbacks": ["https://a.example/cb", "https://b.example"]}
    added = browser_of.post(SAVE_PATH, data={**form, "add": "1"}, headers=headers)
    assert shown_callbacks(added.text) == ["https://a.example/cb", "https://b.example", ""]
    assert "Not saved yet." in added.text
    assert "Add a callback" not in added.text
    removed = browser_of.post(SAVE_PATH, data={**form, "remove": "https://a.example/cb"}, headers=headers)
    assert shown_callbacks(removed.text) == ["https://b.example"]
    assert callbacks_of(app, person) == (PLAYGROUND_URL,)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ["Give at least one address"]),
        ("https://a.example,https://b.example,https://c.example,https://d.example", ["These are 4 addresses. Use at most 3."]),
        ("http://a.example/cb", ["http://a.example/cb: Public addresses need https."]),
        (
            "https://a.example/#x, ftp://b.example/",
            ["https://a.example/#x: Leave out the #", "ftp://b.example/: Callbacks start"],
        ),
        ("<b>https://a.example</b>", ["<b>https://a.example</b>: Use plain letters"]),
        ("nonsense", ["nonsense: This is not a whole address."]),
        ("https://*.example/cb", ["https://*.example/cb: Write the whole address: with * a code could go to pages"]),
    ],
)
def test_each_invalid_callback_is_named_beside_the_field(
    app: Flask, person: TestUser, browser_of: FlaskClient, text: str, sentences: list[str]
) -> None:
    for headers in ({}, HTMX):
        token = csrf_token(browser_of.get("/integrations"))
        answer = browser_of.post(SAVE_PATH, data={"csrf_token": token, "callbacks": text}, headers=headers)
        assert answer.status_code == 422
        assert [sentence for sentence in sentences if sentence not in text_of(answer.text)] == []
        assert 'aria-invalid="true"' in answer.text
        assert shown_callbacks(answer.text) == ([part.strip() for part in text.split(",")] or [""])
        assert ("<h1>" in answer.text) is not bool(headers)
    assert callbacks_of(app, person) == (PLAYGROUND_URL,)
