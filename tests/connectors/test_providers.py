"""Every provider is wherever tools are listed."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import connectors
from calmboard.access.providers import Provider
from calmboard.access.scopes import USABLE
from connectors import find_providers
from tests.portal.forms import key_form, open_created
from tests.support.users import Api, TestUser, add_project_and_board, add_user

pytestmark = pytest.mark.database("sqlite")

PROVIDERS = {provider.slug: provider for provider in find_providers()}

every_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)


@pytest.fixture(scope="module")
def person(app: Flask) -> TestUser:
    person = add_user(app)
    add_project_and_board(app, person)
    return person


@pytest.fixture(scope="module")
def signed_in(person: TestUser) -> FlaskClient:
    return person.sign_in()


def test_each_folder_holds_the_provider_of_its_name() -> None:
    folders = [path.parent.name for path in Path(connectors.__file__).parent.glob("*/__init__.py")]
    assert sorted(slug.replace("-", "_") for slug in PROVIDERS) == sorted(folders)


def test_no_two_recipes_have_one_address() -> None:
    slugs = [recipe.slug for provider in PROVIDERS.values() for recipe in provider.recipes]
    assert len(set(slugs)) == len(slugs)


def test_products_come_before_programs_of_ones_own(signed_in: FlaskClient) -> None:
    shown = re.findall(r"/integrations/keys/new\?integration=([a-z-]+)", signed_in.get("/integrations").text)
    assert shown == list(PROVIDERS)
    assert shown[:5] == ["jira", "trello", "asana", "slack", "teams"]
    assert shown[-2:] == ["agent", "workflow"]


@every_provider
def test_the_form_of_a_key_fills_in_its_rights(signed_in: FlaskClient, provider: Provider) -> None:
    page = signed_in.get(f"/integrations/keys/new?integration={provider.slug}").text
    assert f'value="{provider.slug}" checked' in page
    assert f"Chosen for {provider.name}." in page
    assert provider.scopes <= USABLE
    chosen = re.findall(r'name="(\w+)" value="(read|write)" data-preview checked', page)
    assert {f"{noun}:{right}" for noun, right in chosen} <= provider.scopes


@every_provider
def test_a_key_for_it_can_be_made_on_the_page_and_by_the_operator(
    app: Flask, person: TestUser, signed_in: FlaskClient, provider: Provider
) -> None:
    form = key_form(f"On the page, {provider.slug}", integration=provider.slug)
    page = open_created(signed_in, form).text
    assert provider.recipes[0].steps[0].title in page
    command = ["keys", "issue", person.email, "--name", f"By the operator, {provider.slug}", "--integration", provider.slug]
    issued = app.test_cli_runner().invoke(args=command)
    assert issued.exit_code == 0, issued.output
    assert Api(app, issued.stdout.strip()).get("/me").status_code == 200


@every_provider
def test_its_recipes_are_open_to_everybody(client: FlaskClient, provider: Provider) -> None:
    listed = client.get("/docs/recipes").text
    assert provider.recipes
    for recipe in provider.recipes:
        assert f'href="/docs/recipes/{recipe.slug}"' in listed
        page = client.get(f"/docs/recipes/{recipe.slug}")
        assert page.status_code == 200
        assert f"<h1>{recipe.heading}</h1>" in page.text
