"""Recipes: how to use a key in each tool, step by step, filled with the reader's own address and board.

The texts are data, which each provider brings along.
"""

import msgspec
from flask import render_template

from calmboard.access.access import Access, Credential
from calmboard.access.credentials import keys
from calmboard.access.credentials.keys import Key
from calmboard.access.providers import PROVIDERS, Recipe, RecipeStep, find_provider
from calmboard.errors import NotFound
from portal.docs.board_choice import EXAMPLE_BOARD, BoardChoice, choose_board
from portal.shared.blueprint import bp
from portal.shared.reachability import unreachable_reason
from portal.shared.session import current_access, shown_person
from web.origin import origin


class FilledRecipe(Recipe, frozen=True, kw_only=True):
    """`unreachable_reason` says why the tool cannot reach this CalmBoard; `board` is None where the reader has no account."""

    unreachable_reason: str | None
    board: BoardChoice | None


@bp.get("/integrations/keys/<key_id>/recipe")
def key_recipe(key_id: str) -> str:
    """How to use one key; the key itself stands nowhere in it."""
    key = keys.find_key(current_access(), key_id)
    return render_template("docs/recipes/key.html", nav_section="integrations", key=key, recipes=recipes_for(key))


@bp.get("/docs/recipes")
def recipe_list() -> str:
    return render_template("docs/recipes/list.html", nav_section="recipes", recipes=_recipes().values())


@bp.get("/docs/recipes/<slug>")
def recipe_page(slug: str) -> str:
    """One recipe, for everybody; to those signed in with a board of theirs, which the address may name."""
    recipe = _recipes().get(slug)
    if recipe is None:
        raise NotFound("There is no recipe by this name.")
    person = shown_person()
    board = None if person is None else choose_board(Access.from_session(person))
    return render_template("docs/recipes/page.html", nav_section="recipes", recipe=_filled(recipe, board))


def recipes_for(key: Key) -> list[FilledRecipe]:
    """The recipes for the tool that a key was made for, with a board that the key can access."""
    provider, board = find_provider(key.integration), choose_board(_narrowed(key))
    return [_filled(recipe, board) for recipe in (provider.recipes if provider else ())]


def _narrowed(key: Key) -> Access:
    """The access of who is signed in, narrowed to the key."""
    credential = Credential("api_key", key.id, key.name, key.last4, key.scopes, key.project_ids, key.expires_at, key.last_used_at)
    return Access(current_access().user, "session", credential)


def _recipes() -> dict[str, Recipe]:
    """All of them by slug, in the order of the list."""
    return {recipe.slug: recipe for provider in PROVIDERS.get() for recipe in provider.recipes}


def _filled(recipe: Recipe, board: BoardChoice | None) -> FilledRecipe:
    board_id = board.board_id if board else EXAMPLE_BOARD
    steps = tuple(_filled_step(step, board_id) for step in recipe.steps)
    filled = {"steps": steps, "unreachable_reason": unreachable_reason(origin(), recipe.cloud), "board": board}
    return FilledRecipe(**{**msgspec.structs.asdict(recipe), **filled})


def _filled_step(step: RecipeStep, board_id: str) -> RecipeStep:
    code = step.code.strip().replace("%ORIGIN%", origin()).replace("%BOARD_ID%", board_id)
    return msgspec.structs.replace(step, code=code, user_values=(*step.user_values, board_id))
