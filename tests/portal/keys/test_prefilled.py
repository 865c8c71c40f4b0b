"""The form as a link fills it in: what the link asks for is there, or the page says why not."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from calmboard.clock import now
from tests.portal.forms import key_form, open_created

_NEW = "/integrations/keys/new"


@pytest.mark.parametrize("days", [1, 45, 400, 36_500])
def test_any_whole_number_of_days_becomes_the_last_day(browser_of: FlaskClient, days: int) -> None:
    page = browser_of.get(f"{_NEW}?integration=jira&expires={days}").text
    assert f'value="{(now() + timedelta(days=days)).date().isoformat()}"' in page
    assert 'value="date" checked' in page
    assert "The link asks" not in page


@pytest.mark.parametrize("days", ["7", "30", "90", "365", "never"])
def test_a_lifetime_of_the_form_is_chosen(browser_of: FlaskClient, days: str) -> None:
    page = browser_of.get(f"{_NEW}?expires={days}").text
    assert f'name="lifetime" value="{days}" checked' in page
    assert "The link asks" not in page


@pytest.mark.parametrize("days", ["abc", "0", "-5", "36501", "9" * 400, "4.5", "٤٥", "1e3", "", "45 days", "\0", "<b>"])
def test_what_is_no_lifetime_is_said(browser_of: FlaskClient, days: str) -> None:
    response = browser_of.get(f"{_NEW}?expires={quote(days)}")
    assert response.status_code == 200
    assert "Days are a whole number from 1 to 36,500, or never: 90 days are chosen." in response.text
    assert 'name="lifetime" value="90" checked' in response.text
    assert "<b>”" not in response.text


def test_a_tool_and_rights_that_are_not_there_are_said(browser_of: FlaskClient) -> None:
    page = browser_of.get(f"{_NEW}?integration=fax&scopes=tasks:read,moon:write").text
    assert "The link names the tool “fax”, which CalmBoard does not know: choose one." in page
    assert "The link asks for “moon:write”, which no key can have: it is left out." in page
    assert 'name="tasks" value="read" data-preview checked' in page


def test_a_name_that_is_too_long_is_cut_and_said(browser_of: FlaskClient) -> None:
    page = browser_of.get(f"{_NEW}?name={'n' * 81}").text
    assert "The name in the link is longer than 80 characters, and is cut." in page
    assert f'value="{"n" * 80}"' in page


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_last_day_of_all_is_one_in_every_zone(browser_of: FlaskClient, zone: str) -> None:
    browser_of.set_cookie("calmboard_timezone", quote(zone, safe=""))
    page = open_created(browser_of, key_form("For good", lifetime="date", last_day="9999-12-31"))
    assert page.status_code == 200
    assert "Your key is ready" in page.text
