"""Whoever allows an application gives a credential away: with a second factor, that asks for it again after ten minutes."""

from collections.abc import Callable

from flask import Flask

from tests.oauth.conftest import HostApp
from tests.portal.account.factors import pass_ten_minutes, set_up
from tests.portal.forms import send
from tests.support.users import TestUser


def test_an_old_proof_is_asked_for_again_and_the_choice_is_kept(
    app: Flask, owner: TestUser, host_app: Callable[[TestUser], HostApp]
) -> None:
    application = host_app(owner)
    authenticator, _ = set_up(owner, application.browser)
    assert application.get_code()
    pass_ten_minutes(app)
    choice = {"right": [], "reach": "some", "project": owner.example_project().project_id}
    answer = application.decide(choices=choice)
    assert answer.location.startswith("/account/prove?next=/api/oauth/authorize?")
    proven = send(application.browser, answer.location, answer.location, code=authenticator.code())
    page = application.browser.get(proven.location).text
    assert "Your code fits." in page
    assert 'name="right" value="tasks:write">' in page
    assert 'name="reach" value="some" checked' in page
    assert application.get_code(choice)


def test_nothing_is_granted_before_the_proof(app: Flask, owner: TestUser, host_app: Callable[[TestUser], HostApp]) -> None:
    application = host_app(owner)
    set_up(owner, application.browser)
    pass_ten_minutes(app)
    answer = application.decide()
    assert "code=cbc_" not in answer.location
    assert "No app is connected." in application.browser.get("/account/sign-out-everywhere").text


def test_saying_no_needs_no_proof(app: Flask, owner: TestUser, host_app: Callable[[TestUser], HostApp]) -> None:
    application = host_app(owner)
    set_up(owner, application.browser)
    pass_ten_minutes(app)
    assert "error=access_denied" in application.decide("deny").location
