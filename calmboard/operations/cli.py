"""The operator's commands: people, plans, keys, the demo, and serving the product."""

from collections.abc import Iterator
from datetime import timedelta

import click
import flask_migrate
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from calmboard import logs
from calmboard.access.access import Access, Person
from calmboard.access.credentials import keys as access_keys
from calmboard.access.credentials.passwords import verify
from calmboard.access.oauth.app_changes import set_verified
from calmboard.access.plans import PLANS
from calmboard.access.providers import PROVIDERS, find_provider
from calmboard.access.scopes import SCOPES, unknown
from calmboard.clock import now
from calmboard.db import db
from calmboard.engines.refusals import as_unavailable
from calmboard.errors import FieldError, Problem, ValidationFailed
from calmboard.operations import seed as demo
from calmboard.operations import serve as product
from calmboard.operations.doctor import examine
from calmboard.settings import Settings, current_settings
from calmboard.texts.names import one_line
from calmboard.work.people import add_person, change_plan, find_person, rename_person
from calmboard.work.projects import my_projects


class _Command(click.Command):
    """Prints a Problem as its sentences, never as a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Problem as problem:
            raise click.ClickException("\n".join(error.detail for error in problem.errors) or problem.detail) from None
        except SQLAlchemyError as error:
            if (found := as_unavailable(error)) is None:
                raise
            raise click.ClickException(f"{found.detail}\n{getattr(error, 'orig', error)}") from None


class _Group(AppGroup):
    command_class = _Command


people = _Group("people", help="Add people, change their plans and names.")
keys = _Group("keys", help="Issue API keys.")
apps = _Group("apps", help="Vouch for applications that people made.")


def register(app: Flask) -> None:
    for command in (people, keys, apps, seed, serve, doctor):
        app.cli.add_command(command)


@people.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The name that others see.")
@click.option("--password", required=True, help="At least ten characters.")
@click.option("--plan", default="free", show_default=True, help=f"One of {', '.join(PLANS)}.")
def add(email: str, name: str, password: str, plan: str) -> None:
    """Add a person, who signs in with EMAIL."""
    person = add_person(email, name, password, plan)
    click.echo(f"{person.name} can sign in as {person.email}. The plan is {PLANS[person.plan].name}.")


@people.command("plan")
@click.argument("email")
@click.argument("plan")
def set_plan(email: str, plan: str) -> None:
    """Put the person with EMAIL on PLAN, from their next request on."""
    person = change_plan(email, plan)
    click.echo(f"The plan of {person.email} is {PLANS[person.plan].name} now.")


@people.command("rename")
@click.argument("email")
@click.argument("name")
def rename(email: str, name: str) -> None:
    """Give the person with EMAIL the NAME that others see."""
    person = rename_person(email, name)
    click.echo(f"{person.email} is called {person.name} now.")


@keys.command("issue")
@click.argument("email")
@click.option("--name", required=True, help="What tells the key apart.")
@click.option("--integration", default="workflow", show_default=True, help="The tool that will use the key, such as jira.")
@click.option("--scope", "scopes", multiple=True, help="A right, such as tasks:read; may be repeated. Without it: all rights.")
@click.option("--project", "project_ids", multiple=True, help="A project's id; may be repeated. Without it: all projects.")
@click.option("--expires-in-days", type=click.IntRange(1, 36_500), help="Without it, the key never expires.")
def issue(
    email: str, name: str, integration: str, scopes: tuple[str, ...], project_ids: tuple[str, ...], expires_in_days: int | None
) -> None:
    """Issue an API key for the person with EMAIL, whatever their plan, and print it alone."""
    person = find_person(email)
    expires_at = now() + timedelta(days=expires_in_days) if expires_in_days else None
    new = access_keys.NewKey(name, integration, frozenset(scopes or SCOPES), frozenset(project_ids) or None, expires_at)
    if errors := tuple(_key_errors(person, new)):
        raise ValidationFailed(errors=errors)
    _, secret = access_keys.issue_key(person.id, new)
    db.session.commit()
    click.echo(secret)


@apps.command("verify")
@click.argument("client_id")
def verify_app(client_id: str) -> None:
    """Tell whoever is asked to authorize the application with CLIENT_ID that you vouch for it."""
    app = set_verified("operator", client_id, is_verified=True)
    click.echo(f"{app.client.name} by {app.maker} is verified, until its name, picture, home page or callbacks change.")


@apps.command("unverify")
@click.argument("client_id")
def unverify_app(client_id: str) -> None:
    """Vouch for the application with CLIENT_ID no more."""
    app = set_verified("operator", client_id, is_verified=False)
    click.echo(f"{app.client.name} by {app.maker} is not verified any more.")


@click.command("seed", cls=_Command)
@with_appcontext
def seed() -> None:
    """Add the demo people and their projects, in development only, where they are not there already."""
    settings = _settings()
    if not settings.is_development:
        raise click.ClickException(
            "The demo people share one known password, so they are for development only: "
            f"where CALMBOARD_PUBLIC_URL is a loopback address, which {settings.origin} is not."
        )
    password = demo.demo_password(settings)
    if demo.seed(password):
        click.echo("\n".join(_sign_in(password)))
    else:
        click.echo("The demo people are here already. Nothing was changed.")


@click.command("serve", cls=_Command)
@click.option("--without-worker", is_flag=True, help="Run the server alone, where worker.py runs by itself.")
@with_appcontext
def serve(without_worker: bool) -> None:
    """Bring the database up to date and run server and worker; in development, add the demo the first time."""
    settings = _settings()
    product.require_free_port(settings)
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    logs.install(settings.instance_dir)
    flask_migrate.upgrade()
    welcome = "\n".join(_welcome(settings))
    for engine in db.engines.values():
        engine.dispose()
    product.become_product(settings, welcome, with_worker=not without_worker)


@click.command("doctor", cls=_Command)
@with_appcontext
def doctor() -> None:
    """Look at each part of a CalmBoard, and leave with 1 where one is not well."""
    findings = list(examine())
    for finding in findings:
        click.echo(f"{'ok' if finding.is_well else 'LOOK':6}{finding.part:10}{finding.text}")
    if not all(finding.is_well for finding in findings):
        raise SystemExit(1)


def _settings() -> Settings:
    return current_settings()


def _key_errors(person: Person, new: access_keys.NewKey) -> Iterator[FieldError]:
    """What a key cannot be created with. The plan is no error: it is checked at each request."""
    name = one_line(new.name)
    if not 0 < len(name) <= access_keys.MAX_NAME_LENGTH or not name.isprintable():
        yield FieldError("/name", "length", f"A key's name has 1 to {access_keys.MAX_NAME_LENGTH} characters that can be seen.")
    if find_provider(new.integration) is None:
        slugs = ", ".join(provider.slug for provider in PROVIDERS.get())
        yield FieldError("/integration", "unknown_value", f"An integration is one of {slugs}.")
    if unknown_names := unknown(new.scopes):
        yield FieldError(
            "/scopes", "unknown_value", f"There is no scope {', '.join(unknown_names)}. Scopes are {', '.join(SCOPES)}."
        )
    own_ids = {project.id for project in my_projects(Access.from_session(person))}
    if unknown_names := sorted((new.project_ids or frozenset()) - own_ids):
        yield FieldError(
            "/project_ids", "unknown_value", f"{person.name} is in no project with the id {', '.join(unknown_names)}."
        )


def _welcome(settings: Settings) -> Iterator[str]:
    yield f"\nCalmBoard answers at {settings.origin}\n"
    if settings.is_development:
        password = demo.demo_password(settings)
        demo.seed(password)
        yield from _sign_in(password)
    if settings.smtp_url is None:
        yield f"  Mail is stored in {settings.instance_dir / 'mail'}"
    yield "  Ctrl-C ends it\n"


def _sign_in(password: str) -> Iterator[str]:
    """How to sign in with the demo; the password only where it still is the one."""
    first, *others = (person.email for person in demo.PEOPLE)
    known = verify(first, password) is not None
    yield f"  Sign in as      {first}"
    yield f"  Password        {password if known else 'the one chosen when the demo was added, or since'}"
    yield f"  Others to try   {', '.join(others)}"
