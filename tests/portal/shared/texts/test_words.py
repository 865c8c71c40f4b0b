"""The words of the pages."""

from datetime import timedelta

import pytest

from calmboard.clock import now
from portal.shared.texts.words import agent, ago, capitalized_count, date, initials, listed, plural, short_date


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
    ],
)
def test_what_was_a_moment_ago_is_told_in_minutes(before: timedelta, words: str) -> None:
    assert ago(now() - before) == words


def test_what_was_on_another_day_is_told_by_its_date() -> None:
    noon = now().replace(hour=12, minute=0)
    assert ago(noon - timedelta(days=1)) == "yesterday"
    assert ago(noon - timedelta(days=400)) == date(noon - timedelta(days=400))


def test_a_date_names_another_year_only() -> None:
    today = now()
    assert short_date(today) == f"{today.day} {today:%b}"
    assert short_date(today.replace(year=2019, day=1)).endswith(" 2019")


@pytest.mark.parametrize(("number", "words"), [(0, "0 tasks"), (1, "1 task"), (1204, "1,204 tasks")])
def test_a_number_agrees_with_its_word(number: int, words: str) -> None:
    assert plural(number, "task") == words


def test_a_sentence_starts_with_a_small_number_as_a_word() -> None:
    assert capitalized_count(1, "key", "keys") == "One key"
    assert capitalized_count(13, "key", "keys") == "13 keys"


@pytest.mark.parametrize(("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_words_are_listed(words: list[str], text: str) -> None:
    assert listed(words) == text


@pytest.mark.parametrize(("name", "monogram"), [("Ana Ruiz", "AR"), ("Ana María del Ruiz", "AR"), ("Ana", "A")])
def test_a_name_has_two_initials_at_most(name: str, monogram: str) -> None:
    assert initials(name) == monogram


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "An unnamed program"),
        ("", "An unnamed program"),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "python-requests"),
        ("Jira Automation/1.0 (cloud)", "Jira Automation"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_1) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
    ],
)
def test_programs_and_browsers_are_named(text: str | None, words: str) -> None:
    assert agent(text) == words
