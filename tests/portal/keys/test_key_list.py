"""The list of keys where there are many: searched, filtered, sorted, in parts, and changed several at once."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from calmboard.access.secret_format import digest
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import ApiKey
from tests.portal.forms import HTMX, send
from tests.support.users import Api, TestUser, csrf_token

_PAGE, _SELECTION = "/integrations", "/integrations/keys/selection"
_NAME = re.compile(r'<h3 id="key_\w+-name"[^>]*><a [^>]*><bdi>(.*?)</bdi></a></h3>')


@pytest.fixture
def person(new_user: Callable[..., TestUser]) -> TestUser:
    return new_user("business")


@pytest.fixture
def browser_of(person: TestUser) -> FlaskClient:
    return person.sign_in()


@pytest.fixture
def secrets(app: Flask, person: TestUser) -> dict[str, str]:
    """Keys in every state, by name."""
    in_a_week, long_ago = now() + timedelta(days=7), now() - timedelta(days=100)
    states: dict[str, dict[str, Any]] = {
        "Nightly export": {"last_used_at": now()},
        "Ärger mirror": {"integration": "jira", "last_used_at": now() - timedelta(hours=2)},
        "Asana mirror": {"integration": "asana", "last_used_at": long_ago},
        "Paused one": {"paused_at": now(), "last_used_at": now() - timedelta(days=3)},
        "Soon over": {"expires_at": in_a_week, "last_used_at": now() - timedelta(hours=5)},
        "Never used": {},
        "Long expired": {"expires_at": long_ago, "last_used_at": long_ago},
        "Was leaked": {"revoked_at": now(), "revoked_reason": "leaked"},
    }
    created = {name: person.new_key(name, "tasks:write", "projects:read") for name in states}
    with app.app_context():
        for name, values in states.items():
            if values:
                db.session.execute(update(ApiKey).where(ApiKey.digest == digest(created[name])).values(**values))
        db.session.commit()
    return created


def names_on(browser: FlaskClient, query: str = "") -> list[str]:
    return _NAME.findall(browser.get(f"{_PAGE}?{query}").text)


def ids_of(app: Flask, secrets: dict[str, str], *names: str) -> list[str]:
    with app.app_context():
        return [db.session.query(ApiKey.id).filter_by(digest=digest(secrets[name])).scalar() for name in names]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=MIRROR", ["Asana mirror", "Ärger mirror"]),
        ("q=ärger", ["Ärger mirror"]),
        ("q=%25", []),
        ("tool=jira", ["Ärger mirror"]),
        ("state=paused", ["Paused one"]),
        ("state=expiring", ["Soon over"]),
        ("state=unused", ["Never used", "Asana mirror"]),
        ("state=expired", ["Long expired"]),
        ("state=revoked", ["Was leaked"]),
        ("q=e&state=works&sort=name", ["Ärger mirror", "Never used", "Nightly export", "Soon over"]),
        ("q=mirror&sort=used", ["Ärger mirror", "Asana mirror"]),
    ],
)
@pytest.mark.usefixtures("secrets")
def test_keys_are_found_by_what_the_address_says(browser_of: FlaskClient, query: str, names: list[str]) -> None:
    assert sorted(names_on(browser_of, query)) == sorted(names)
    if "sort=used" in query:
        assert names_on(browser_of, query) == names


@pytest.mark.usefixtures("secrets")
def test_what_an_address_cannot_mean_is_left_out(browser_of: FlaskClient) -> None:
    everything = names_on(browser_of)
    assert len(everything) == 8
    assert names_on(browser_of, "tool=nothing&state=odd&sort=odd&keys_after=key_00000000000000000000000000") == everything


def test_a_key_is_found_by_its_end(browser_of: FlaskClient, secrets: dict[str, str]) -> None:
    assert names_on(browser_of, f"q={secrets['Soon over'][-4:]}") == ["Soon over"]


@pytest.mark.usefixtures("secrets")
def test_where_nothing_is_found_the_way_back_is_shown(browser_of: FlaskClient) -> None:
    page = browser_of.get(f"{_PAGE}?q=nothing+like+it").text
    assert _NAME.findall(page) == []
    assert "No key is like that." in page


@pytest.mark.usefixtures("secrets")
def test_a_search_by_htmx_gets_the_list_alone_and_the_address_follows(browser_of: FlaskClient) -> None:
    token = csrf_token(browser_of.get(_PAGE))
    form = {"csrf_token": token, "q": "mirror", "sort": "name"}
    part = browser_of.post("/integrations/keys/search", data=form, headers=HTMX)
    assert part.text.lstrip().startswith('<div id="key-list">')
    assert part.headers["HX-Replace-Url"] == "/integrations?q=mirror&sort=name"
    assert "Two keys found." in part.text
    assert browser_of.post("/integrations/keys/search", data=form).location == "/integrations?q=mirror&sort=name#keys"


def test_a_row_names_tool_rights_making_and_end(browser_of: FlaskClient, app: Flask, secrets: dict[str, str]) -> None:
    [key_id] = ids_of(app, secrets, "Never used")
    path = f"/integrations/keys/{key_id}/revoke"
    send(browser_of, path, path, sure="yes", reason="unused")
    with app.app_context():
        access = Api(app, secrets["Nightly export"])
    assert access.delete(f"/keys/{ids_of(app, secrets, 'Nightly export')[0]}").status_code == 204
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", browser_of.get(f"{_PAGE}?state=revoked").text))
    assert "Write: tasks · Read: projects" in page.replace("&nbsp;", "")
    assert "Custom workflow" in page
    assert re.search(r"Created \d+ \w+ \d+ · Revoked \d+ \w+ \d+ by you: Nothing uses it any more", page)
    assert re.search(r"Revoked \d+ \w+ \d+ by the key itself", page)


def test_parts_follow_each_other_in_every_order(person: TestUser, browser_of: FlaskClient) -> None:
    created = [f"Key {number:03}" for number in range(60)]
    for name in created:
        person.new_key(name)
    for sort in ("newest", "name", "used", "ends"):
        names, address = names_on(browser_of, f"sort={sort}"), f"{_PAGE}?sort={sort}"
        while (more := re.search(r'class="more"><a class="button" href="([^"#]+)', browser_of.get(address).text)) is not None:
            address = more[1].replace("&amp;", "&")
            names += _NAME.findall(browser_of.get(address).text)
        assert sorted(names) == created


def test_several_are_paused_and_the_others_told_of(app: Flask, browser_of: FlaskClient, secrets: dict[str, str]) -> None:
    chosen = ids_of(app, secrets, "Nightly export", "Asana mirror", "Paused one", "Was leaked")
    answer = send(browser_of, _PAGE, f"{_SELECTION}/pause", keys=chosen, q="mirror")
    assert answer.location == "/integrations?q=mirror#keys"
    sentence = "Two keys are paused. Their requests get api_key_paused. Two others were left as they are."
    assert sentence in browser_of.get(_PAGE).text
    assert Api(app, secrets["Asana mirror"]).get("/me").json["code"] == "api_key_paused"
    assert Api(app, secrets["Soon over"]).get("/me").status_code == 200


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_several_are_revoked_by_one_question(
    app: Flask, browser_of: FlaskClient, secrets: dict[str, str], headers: dict[str, str]
) -> None:
    chosen = ids_of(app, secrets, "Nightly export", "Asana mirror", "Long expired")
    form = {"csrf_token": csrf_token(browser_of.get(_PAGE)), "keys": chosen}
    question = browser_of.post(f"{_SELECTION}/question", data=form, headers=headers)
    assert question.status_code == 200
    assert "Revoke 3 keys?" in question.text
    assert "One of them is in use." in question.text
    refused = browser_of.post(f"{_SELECTION}/revoke", data=form, headers=headers)
    assert refused.status_code == 422
    assert "Nothing was changed." in refused.text
    assert Api(app, secrets["Asana mirror"]).get("/me").status_code == 200
    done = browser_of.post(f"{_SELECTION}/revoke", data={**form, "sure": "yes", "reason": "replaced"}, headers=headers)
    assert done.status_code == (200 if headers else 303)
    codes = {Api(app, secrets[name]).get("/me").json["code"] for name in ("Nightly export", "Asana mirror")}
    assert codes == {"api_key_revoked"}


def test_a_selection_reaches_no_key_of_others(app: Flask, browser_of: FlaskClient, owner: TestUser) -> None:
    secret = owner.new_key("Not yours to revoke")
    [key_id] = ids_of(app, {"Theirs": secret}, "Theirs")
    form = {"csrf_token": csrf_token(browser_of.get(_PAGE)), "keys": [key_id, "key_none", ""], "sure": "yes"}
    for step in ("pause", "question", "revoke"):
        browser_of.post(f"{_SELECTION}/{step}", data=form)
    assert Api(app, secret).get("/me").status_code == 200


def test_few_keys_need_no_search(person: TestUser, browser_of: FlaskClient) -> None:
    person.new_key("Only one")
    page = browser_of.get(_PAGE).text
    assert 'id="key-filters"' not in page
    assert 'name="keys"' not in page
