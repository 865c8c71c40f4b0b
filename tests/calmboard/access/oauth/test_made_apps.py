"""People make applications: what each says of itself, who keeps it, what its maker sees of its use, and how it ends."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import delete

from calmboard.access.access import Access
from calmboard.access.credentials.identify import identify
from calmboard.access.oauth.clients import delete_unused_clients, find_client, own_client
from calmboard.access.oauth.made_apps import (
    MAX_APPS,
    App,
    AppForm,
    change_app,
    create_app,
    delete_app,
    find_app,
    list_apps,
    read_app,
    read_picture,
    read_use,
    set_maintainers,
    set_verified,
)
from calmboard.access.oauth.pictures import SIDE, draw_again
from calmboard.access.request_log import REQUEST_LOG
from calmboard.db import db
from calmboard.errors import Conflict, Forbidden, NotFound, PaidPlanRequired, ValidationFailed
from calmboard.models import Membership, User
from calmboard.settings import SETTINGS
from tests.oauth.conftest import HostApp
from tests.support.audit import audited_actions
from tests.support.users import TestUser, add_project_and_board

NewUser = Callable[..., TestUser]

FORM = AppForm("Stand-up bot", "Posts what you did", "https://standup.example", ("https://standup.example/callback",))


@pytest.fixture
def maker(new_user: NewUser) -> TestUser:
    return new_user()


@pytest.fixture
def created(maker: TestUser) -> App:
    with maker.app.app_context():
        return create_app(maker.access, FORM)


def picture(size: tuple[int, int] = (300, 200), kind: str = "PNG") -> bytes:
    drawn = BytesIO()
    Image.new("RGB", size, "teal").save(drawn, kind)
    return drawn.getvalue()


def test_an_app_is_what_its_maker_says(maker: TestUser, created: App) -> None:
    assert (created.client.name, created.description, created.home_page) == (FORM.name, FORM.description, FORM.home_page)
    assert (created.maker_id, created.maker) == (maker.person.id, maker.person.name)
    assert (created.verified_at, created.disabled_at, created.maintainers, created.has_picture) == (None, None, (), False)
    with maker.app.app_context():
        assert list_apps(maker.access) == [created]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 61}, "/name"),
        ({"name": "Bot\u202e"}, "/name"),
        ({"description": "x" * 301}, "/description"),
        ({"home_page": "http://standup.example"}, "/home_page"),
        ({"home_page": "javascript:alert(1)"}, "/home_page"),
        ({"home_page": "https://user@standup.example"}, "/home_page"),
        ({"home_page": "https://["}, "/home_page"),
        ({"redirect_uris": ()}, "/redirect_uris"),
        ({"redirect_uris": ("https://a.example/*",)}, "/redirect_uris/0"),
        ({"redirect_uris": tuple(f"https://a.example/{n}" for n in range(4))}, "/redirect_uris"),
        ({"picture": b"<svg onload='alert(1)'/>"}, "/picture"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(maker: TestUser, changes: dict[str, object], pointer: str) -> None:
    with maker.app.app_context():
        with pytest.raises(ValidationFailed) as problem:
            create_app(maker.access, replace(FORM, **changes))  # type: ignore[arg-type]
        assert [error.pointer for error in problem.value.errors] == [pointer]
        assert list_apps(maker.access) == []


def test_a_picture_is_drawn_again(maker: TestUser, created: App) -> None:
    hidden = picture() + b"<script>alert(1)</script>"
    with maker.app.app_context():
        assert change_app(maker.access, created.client.id, replace(FORM, picture=hidden)).has_picture
        shown = read_picture(created.client.id) or b""
        assert change_app(maker.access, created.client.id, FORM).has_picture
        assert not change_app(maker.access, created.client.id, replace(FORM, picture=b"")).has_picture
    with Image.open(BytesIO(shown)) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (SIDE, SIDE))
    assert b"script" not in shown


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_kind_of_picture_is_read(kind: str) -> None:
    assert draw_again(picture(kind=kind)).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "uploaded", [b"", b"GIF89a", b"x" * 1_000_001, picture(kind="TIFF"), picture((5000, 4000)), picture()[:-20] + b"\0" * 9]
)
def test_what_is_no_picture_or_too_large_is_said_so(uploaded: bytes) -> None:
    with pytest.raises(ValueError, match=r"Choose a"):
        draw_again(uploaded)


def test_maintainers_change_what_they_keep_and_no_more(app: Flask, maker: TestUser, created: App, new_user: NewUser) -> None:
    colleague, stranger = new_user(), new_user()
    project = add_project_and_board(app, maker, member=colleague).project_id
    with app.app_context():
        with pytest.raises(Forbidden):
            change_app(colleague.access, created.client.id, FORM)
        with pytest.raises(ValidationFailed):
            set_maintainers(maker.access, created.client.id, project, [stranger.person.id])
        kept = set_maintainers(maker.access, created.client.id, project, [colleague.person.id])
        assert kept.maintainers == ((colleague.person.id, colleague.person.name),)
        assert change_app(colleague.access, created.client.id, replace(FORM, name="Better bot")).client.name == "Better bot"
        assert [one.client.id for one in list_apps(colleague.access)] == [created.client.id]
        for action in (
            lambda: set_maintainers(colleague.access, created.client.id, project, []),
            lambda: delete_app(colleague.access, created.client.id),
        ):
            with pytest.raises(Forbidden):
                action()
        set_maintainers(maker.access, created.client.id, project, [])
        with pytest.raises(Forbidden):
            read_app(colleague.access, created.client.id)


def test_its_maker_sees_how_many_use_it_and_nothing_of_them(app: Flask, maker: TestUser, created: App, new_user: NewUser) -> None:
    people = [new_user(), new_user()]
    for person in people:
        host = HostApp(app, person.sign_in(), created.client.id, {}, FORM.redirect_uris[0])
        api = host.api(host.get_tokens()["access_token"])
        api.get("/me")
        api.get("/boards/nothing")
    with app.app_context():
        REQUEST_LOG.get().flush()
        use = read_use(maker.access, created.client.id)
        assert (use.people, use.answered, use.not_answered) == (2, 2, 2)
        with pytest.raises(Forbidden):
            read_use(people[0].access, created.client.id)


def test_a_verified_app_that_changes_its_name_or_callbacks_is_verified_no_more(maker: TestUser, created: App) -> None:
    with maker.app.app_context():
        assert set_verified("operator", created.client.id, is_verified=True).verified_at is not None
        assert change_app(maker.access, created.client.id, replace(FORM, description="More")).verified_at is not None
        assert change_app(maker.access, created.client.id, replace(FORM, name="Bank")).verified_at is None
        with pytest.raises(NotFound):
            set_verified("operator", "cli_nothing", is_verified=True)


def test_a_deleted_app_is_gone_with_all_that_it_held(app: Flask, maker: TestUser, created: App, new_user: NewUser) -> None:
    host = HostApp(app, new_user().sign_in(), created.client.id, {}, FORM.redirect_uris[0])
    api = host.api(host.get_tokens()["access_token"])
    with app.app_context():
        delete_app(maker.access, created.client.id)
        assert find_client(created.client.id) is None
    assert api.get("/me").json["code"] == "invalid_token"
    assert host.open_consent().status_code == 400
    assert audited_actions(app, subject_id=created.client.id) == ["client.created", "client.deleted"]


def test_the_first_one_that_everybody_has_is_an_app_too(maker: TestUser) -> None:
    with maker.app.app_context():
        client = own_client(maker.person, SETTINGS.get(maker.app).origin)
        found = find_app(client.id)
        assert found is not None
        assert (found.maker_id, found.description) == (maker.person.id, None)
        with pytest.raises(Forbidden):
            delete_app(maker.access, client.id)


def test_a_person_makes_twenty_at_most(maker: TestUser) -> None:
    with maker.app.app_context():
        for number in range(MAX_APPS):
            create_app(maker.access, replace(FORM, name=f"Bot {number}"))
        with pytest.raises(Conflict):
            create_app(maker.access, FORM)


def test_who_may_not_makes_none(maker: TestUser, created: App, free: TestUser) -> None:
    with maker.app.app_context():
        by_key: Access = identify(maker.key, "")
        with pytest.raises(Forbidden):
            create_app(by_key, FORM)
        with pytest.raises(Forbidden):
            change_app(by_key, created.client.id, FORM)
        with pytest.raises(PaidPlanRequired):
            create_app(free.access, FORM)


def test_who_left_the_project_keeps_what_was_given(app: Flask, maker: TestUser, created: App, new_user: NewUser) -> None:
    """The maker takes it away; leaving a project does not change who may log in to somebody's application."""
    colleague = new_user()
    project = add_project_and_board(app, maker, member=colleague).project_id
    with app.app_context():
        set_maintainers(maker.access, created.client.id, project, [colleague.person.id])
        db.session.execute(delete(Membership).where(Membership.user_id == colleague.person.id))
        db.session.commit()
        assert read_app(colleague.access, created.client.id).client.id == created.client.id


def test_an_app_whose_maker_is_gone_goes_too(app: Flask, new_user: NewUser) -> None:
    maker = new_user()
    with app.app_context():
        client_id = create_app(maker.access, FORM).client.id
        db.session.execute(delete(User).where(User.id == maker.person.id))
        db.session.commit()
        assert find_app(client_id) is None
        delete_unused_clients()
        assert find_client(client_id) is None
