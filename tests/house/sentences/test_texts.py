"""A word that the house does not say is found wherever people read it, and each exception is still needed."""

from pathlib import Path

import pytest

from tests.house.rules.trees import write
from tests.house.sentences.texts import found_words, sentence_breaches
from tests.house.sentences.words import ALLOWED, WORDS

_ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("templates/a.html", "<p>Your Email</p>"),
        ("templates/a.html", '<a aria-label="Your email" href="#">x</a>'),
        ("templates/a.html", '{{ field("email", "Email") }}'),
        ("templates/a.html", "{% if email %}<p>We sent an email.</p>{% endif %}"),
        ("templates/a.md", "Send an email."),
        ("portal/a.py", 'flash(f"{name} got an email.")'),
        ("portal/a.py", 'LABELS = {"email": "Email"}'),
        ("oauth/a.py", 'raise Problem("Confirm your email first.")'),
        ("static/js/a.js", 'tell("We sent an email.");'),
        ("connectors/x/recipe.toml", 'text = "Ask by email."'),
        ("README.md", "Sign in by email."),
    ],
)
def test_a_word_is_found_where_people_read_it(tmp_path: Path, name: str, text: str) -> None:
    [breach] = sentence_breaches(write(tmp_path, **{name: text}))
    assert breach.startswith(f"{name}: “")
    assert breach.endswith("say “e-mail”")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "templates/a.html",
            '{# email #}<input name="email" id="email" value="{{ email }}">{{ person.email }}<code>email</code>',
        ),
        ("templates/a.md", "`email` is a field.\n\n```\nemail\n```"),
        ("portal/a.py", '"""Reads the email."""\nemail = form.get("email")  # email\nimport email\n"An email."'),
        ("tests/a.py", 'SENTENCE = "An email came."'),
        ("static/js/a.js", "// an email\nconst email = fields.email;"),
        ("connectors/x/recipe.toml", 'code = "send an email"'),
    ],
)
def test_names_code_and_comments_are_free(tmp_path: Path, name: str, text: str) -> None:
    assert sentence_breaches(write(tmp_path, **{name: text})) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Please log in.",
        "Oops, that did not work.",
        "The key was successfully made.",
        "Invalid date.",
        "Saved!",
        "Invite people.",
        "Copy the api key.",
        "Delete this key?",
        "Your permissions.",
        "Are you sure?",
        "Choose anew.",
    ],
)
def test_each_kind_of_word_is_found(tmp_path: Path, sentence: str) -> None:
    assert sentence_breaches(write(tmp_path, **{"templates/a.html": f"<p>{sentence}</p>"}))


@pytest.mark.slow
def test_each_exception_is_needed() -> None:
    found = list(found_words(_ROOT))
    assert [exception for exception in ALLOWED if not any(one.is_allowed_by(exception) for one in found)] == []


def test_each_word_has_what_to_say_instead() -> None:
    assert all(WORDS.values())
