"""People make applications: what each says of itself, who keeps it, what its maker sees of its use, and how it ends."""

import struct
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from zlib import crc32

import pytest
from flask import Flask
from PIL import ExifTags, Image
from sqlalchemy import delete

from calmboard.access.access import Access
from calmboard.access.credentials.identify import identify
from calmboard.access.oauth.app_changes import (
    MAX_APPS,
    change_app,
    change_callbacks,
    create_app,
    delete_app,
    disable_app,
    set_maintainers,
    set_verified,
)
from calmboard.access.oauth.app_forms import AppForm
from calmboard.access.oauth.clients import delete_unused_clients, find_client, own_client
from calmboard.access.oauth.grants import Consent, grant
from calmboard.access.oauth.made_apps import App, find_app, list_apps, read_app, read_picture
from calmboard.access.oauth.pictures import SIDE, UnreadablePicture, draw_again
from calmboard.access.request_log import REQUEST_LOG
from calmboard.access.request_log.app_use import read_use
from calmboard.db import db
from calmboard.errors import Conflict, Forbidden, NotFound, PaidPlanRequired, ValidationFailed
from calmboard.models import Membership, User
from calmboard.settings import SETTINGS
from tests.oauth.conftest import HostApp
from tests.support.audit import audit_entries, audited_actions
from tests.support.statements import recorded
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


def _png(size: tuple[int, int], data: bytes) -> bytes:
    """A PNG of these dimensions, whatever its data."""
    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body)) for kind, body in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _drawn(uploaded: bytes) -> str:
    """The picture, or the sentence by which it is refused."""
    try:
        return draw_again(uploaded).decode("latin-1")
    except UnreadablePicture as refusal:
        return str(refusal)


def _dot(drawn: bytes, at: tuple[int, int]) -> tuple[int, ...]:
    with Image.open(BytesIO(drawn)) as opened:
        pixel = opened.convert("RGB").getpixel(at)
    assert isinstance(pixel, tuple)
    return tuple(int(value) for value in pixel)


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
        ({"home_page": "https://evil.example\\.standup.example"}, "/home_page"),
        ({"home_page": "https://standup"}, "/home_page"),
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


def test_a_photo_is_shown_upright_and_a_moving_picture_by_its_beginning() -> None:
    photo = Image.new("RGB", (200, 200), "white")
    photo.paste("red", (0, 0, 200, 60))
    turned = BytesIO()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be turned by 90 degrees to the right: what is above is shown at the right
    photo.save(turned, "JPEG", exif=exif)
    assert _dot(draw_again(turned.getvalue()), (120, 64)) == pytest.approx((255, 0, 0), abs=20)
    assert _dot(draw_again(turned.getvalue()), (8, 64)) == pytest.approx((255, 255, 255), abs=20)
    moving = BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("blue", "lime", "red")]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    assert _dot(draw_again(moving.getvalue()), (64, 64)) == pytest.approx((0, 0, 255), abs=3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_no_damage_to_a_picture_is_a_fault_of_ours(kind: str) -> None:
    """Each file cut short, and with each of its first bytes turned round: drawn, or refused in a sentence."""
    whole = picture(kind=kind)
    damaged = [whole[:end] for end in range(0, len(whole), 7)]
    damaged += [whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :] for at in range(min(len(whole), 200))]
    assert [answer for answer in map(_drawn, damaged) if not answer.startswith(("\x89PNG", "Choose a", "The picture has"))] == []


@pytest.mark.parametrize(
    "uploaded",
    [
        _png((300_000, 300_000), b""),
        _png((65_000, 200), b"\x78\x9c" + b"\0" * 40),
        _png((8, 8), b"not deflated"),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
    ],
    ids=["huge", "empty stream", "no stream", "SVG", "PDF"],
)
def test_a_hostile_picture_is_refused_in_a_sentence(uploaded: bytes) -> None:
    with pytest.raises(UnreadablePicture, match=r"Choose a"):
        draw_again(uploaded)


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
        assert (use.people, use.calls.answered, use.calls.not_answered) == (2, 2, 2)
        assert use.codes == [("insufficient_scope", 2)]
        with pytest.raises(Forbidden):
            read_use(people[0].access, created.client.id)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Bank"},
        {"home_page": "https://bank.example"},
        {"redirect_uris": ("https://bank.example/callback",)},
        {"picture": picture(kind="GIF")},
    ],
)
def test_what_was_vouched_for_is_verified_no_more_once_it_changes(
    maker: TestUser, created: App, changes: dict[str, object]
) -> None:
    with maker.app.app_context():
        set_verified("operator", created.client.id, is_verified=True)
        changed = change_app(maker.access, created.client.id, replace(FORM, **changes))  # type: ignore[arg-type]
        assert changed.verified_at is None


def test_new_callbacks_of_the_first_one_end_its_verification(maker: TestUser) -> None:
    with maker.app.app_context():
        origin = SETTINGS.get(maker.app).origin
        first = own_client(maker.person, origin)
        set_verified("operator", first.id, is_verified=True)
        change_callbacks(maker.access, list(first.redirect_uris), origin)
        assert read_app(maker.access, first.id).verified_at is not None
        change_callbacks(maker.access, ["https://bank.example/callback"], origin)
        assert read_app(maker.access, first.id).verified_at is None


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


def test_a_consent_that_comes_too_late_grants_nothing(app: Flask, maker: TestUser, created: App, new_user: NewUser) -> None:
    """It was under way when the application was disabled, or deleted."""
    person = new_user()
    consent = Consent(created.client, FORM.redirect_uris[0], "challenge", "http://127.0.0.1:8000", frozenset({"tasks:read"}))
    with app.app_context():
        for stop in (disable_app, delete_app):
            stop(maker.access, created.client.id)
            with pytest.raises(Conflict):
                grant(person.access, consent)
    assert audited_actions(app, user_id=person.person.id, subject_kind="grant") == []


def test_the_first_one_that_everybody_has_is_an_app_too(maker: TestUser) -> None:
    with maker.app.app_context():
        client = own_client(maker.person, SETTINGS.get(maker.app).origin)
        found = find_app(client.id)
        assert found is not None
        assert (found.maker_id, found.description) == (maker.person.id, None)
        with pytest.raises(Forbidden):
            delete_app(maker.access, client.id)


def test_the_first_one_says_of_itself_what_any_other_does(app: Flask, maker: TestUser, new_user: NewUser) -> None:
    colleague = new_user()
    project = add_project_and_board(app, maker, member=colleague).project_id
    with app.app_context():
        client = own_client(maker.person, SETTINGS.get(app).origin)
        changed = change_app(maker.access, client.id, replace(FORM, picture=picture()))
        assert (changed.client.name, changed.description, changed.has_picture) == (FORM.name, FORM.description, True)
        assert changed.created_at == client.created_at
        other = own_client(colleague.person, SETTINGS.get(app).origin)
        kept = set_maintainers(colleague.access, other.id, project, [maker.person.id])
        assert kept.maintainers == ((maker.person.id, maker.person.name),)
        assert [one.client.id for one in list_apps(maker.access)] == [client.id, other.id]


def test_what_a_maintainer_does_stands_in_the_log_of_its_maker(
    app: Flask, maker: TestUser, created: App, new_user: NewUser
) -> None:
    colleague = new_user()
    project = add_project_and_board(app, maker, member=colleague).project_id
    with app.app_context():
        set_maintainers(maker.access, created.client.id, project, [colleague.person.id])
        change_app(colleague.access, created.client.id, replace(FORM, name="Better bot"))
        disable_app(colleague.access, created.client.id)
    changed, disabled = audit_entries(app, subject_id=created.client.id)[-2:]
    for entry in (changed, disabled):
        assert (entry.user_id, entry.actor_id) == (maker.person.id, colleague.person.id)
    assert (changed.details["changed"], changed.details["before"]) == (["name"], list(FORM.redirect_uris))


def test_what_stays_as_it_is_leaves_no_trace(maker: TestUser, created: App) -> None:
    with maker.app.app_context():
        change_app(maker.access, created.client.id, FORM)
    assert audited_actions(maker.app, subject_id=created.client.id) == ["client.created"]


def test_who_keeps_it_already_stays_whatever_project_others_come_from(
    app: Flask, maker: TestUser, created: App, new_user: NewUser
) -> None:
    first, second = new_user(), new_user()
    one = add_project_and_board(app, maker, member=first).project_id
    two = add_project_and_board(app, maker, member=second).project_id
    with app.app_context():
        set_maintainers(maker.access, created.client.id, one, [first.person.id])
        with pytest.raises(ValidationFailed):
            set_maintainers(maker.access, created.client.id, one, [first.person.id, second.person.id])
        kept = set_maintainers(maker.access, created.client.id, two, [first.person.id, second.person.id])
        assert {user_id for user_id, _ in kept.maintainers} == {first.person.id, second.person.id}


def test_a_list_takes_as_many_statements_however_many_apps_there_are(maker: TestUser, created: App) -> None:
    with maker.app.app_context():
        counts = []
        for number in range(2):
            create_app(maker.access, replace(FORM, name=f"Bot {number}"))
            with recorded(maker.app) as statements:
                assert len(list_apps(maker.access)) == 2 + number
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 2


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
