"""The contents of the API reference: each endpoint is an entry below its resource, on every page and on the first one."""

import re

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from portal.shared.catalogues import API_CATALOGUE
from tests.support.clients.browser import Pages

_ENTRY = re.compile(
    r'<a class="endpoint-link" href="(/docs/api/[\w-]+#[\w-]+)"[^>]*><span class="endpoint-method">([A-Z]+)</span> ([^<]+)</a>'
)


def test_every_page_lists_each_endpoint_below_its_resource(app: Flask, client: FlaskClient) -> None:
    listed = {
        (f"/docs/api/{noun['slug']}#{endpoint['name'].replace('_', '-')}", endpoint["method"], endpoint["summary"])
        for noun in API_CATALOGUE.get(app)
        for endpoint in noun["endpoints"]
    }
    for path in ("/docs/api", "/docs/api/tasks", "/docs/mcp"):
        contents = client.get(path).text.partition('<nav class="contents"')[2].partition("</nav>")[0]
        entries = [(href, method, title.replace("&#39;", "'")) for href, method, title in _ENTRY.findall(contents)]
        assert set(entries) == listed
        assert len(entries) == len(listed)


def test_an_entry_leads_to_its_endpoint(app: Flask, client: FlaskClient) -> None:
    for href, method, _ in _ENTRY.findall(client.get("/docs/api").text.partition("</nav>")[0]):
        path, _, anchor = href.partition("#")
        section = client.get(path).text.partition(f'<section class="section reference-part" id="{anchor}"')[2]
        assert section
        assert f">{method}</span>" in section.partition("</section>")[0]


def test_the_first_page_lists_all_resources_with_their_endpoints(app: Flask, client: FlaskClient) -> None:
    page = client.get("/docs/api").text.partition('id="resources"')[2]
    for noun in API_CATALOGUE.get(app):
        assert f'<a href="/docs/api/{noun["slug"]}">{noun["name"]}</a>' in page
        for endpoint in noun["endpoints"]:
            assert f'href="/docs/api/{noun["slug"]}#{endpoint["name"].replace("_", "-")}"' in page


def test_the_resource_that_is_read_stands_open_and_the_others_are_folded(client: FlaskClient) -> None:
    contents = client.get("/docs/api/sprints").text.partition('<nav class="contents"')[2].partition("</nav>")[0]
    [opened] = re.findall(r'<details class="contents-noun" open>\s*<summary>(?:<svg.*?</svg>)?([^<]+)', contents, re.DOTALL)
    assert opened.strip() == "Sprints"


def test_the_endpoint_in_view_is_marked(page_for: Pages) -> None:
    page = page_for()
    page.goto("/docs/api/tasks#create-task")
    entry = page.locator('.reference > .contents .endpoint-link[href$="#create-task"]')
    expect(entry).to_have_attribute("aria-current", "true")
    expect(entry).to_be_in_viewport()
    page.locator("#delete-task-title").scroll_into_view_if_needed()
    page.locator('.reference > .contents .endpoint-link[href$="#delete-task"]').click()
    expect(entry).not_to_have_attribute("aria-current", "true")


def test_the_menu_of_a_phone_lists_them_and_closes_on_the_way(page_for: Pages) -> None:
    page = page_for(width=360)
    page.goto("/docs/api/tasks")
    page.locator(".contents-fold > summary").click()
    page.locator('.contents-fold .endpoint-link[href$="#create-task"]').click()
    expect(page.locator("#create-task-title")).to_be_in_viewport()
    expect(page.locator(".contents-fold > .contents")).to_be_hidden()
