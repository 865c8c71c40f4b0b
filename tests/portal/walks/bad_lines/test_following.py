"""Somebody who follows the log while the server is gone for a moment."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.database("sqlite")


def test_a_server_that_is_gone_is_told_and_asked_again(page_that_fails: Page) -> None:
    page = page_that_fails
    page.goto("/integrations/activity")
    trouble = page.get_by_text("CalmBoard does not answer at the moment.")
    page.route("**/activity/newer*", lambda route: route.abort())
    page.get_by_role("switch", name="Follow").check()
    expect(trouble).to_be_visible()
    page.unroute("**/activity/newer*")
    expect(trouble).to_be_hidden()
