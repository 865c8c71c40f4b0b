"""The form as a link fills it in; what the link asks for and cannot be, the page says."""

from collections.abc import Iterator
from datetime import timedelta

from werkzeug.datastructures import MultiDict

from calmboard.access.credentials.keys import MAX_NAME_LENGTH
from calmboard.access.providers import find_provider
from calmboard.access.scopes import USABLE
from portal.keys.forms import DEFAULT_LIFETIME, LIFETIMES, KeyForm, rights_of
from portal.shared.texts.words import listed, plural
from portal.shared.texts.zone import today

_PRESETS = tuple(slug for slug, _ in LIFETIMES if slug != "date")
_LABELS = dict(LIFETIMES)
_MAX_DAYS, _MAX_DIGITS = 36_500, 9
_MAX_SHOWN = 40


def prefilled_form(query: MultiDict[str, str]) -> tuple[KeyForm, str]:
    """The form that a link asks for by `integration`, `name`, `scopes` with commas, and `expires` in days or never.

    With it a sentence for each value that cannot be.
    """
    name, scopes = query.get("name", ""), frozenset(filter(None, query.get("scopes", "").split(",")))
    form = KeyForm(integration=query.get("integration", ""), name=name[:MAX_NAME_LENGTH])
    form.fill_in_preset()
    if scopes:
        form.rights = rights_of(scopes)
    form.lifetime, form.last_day, life_sentence = _life(query.get("expires", DEFAULT_LIFETIME).strip())
    return form, " ".join([*_unknown(form.integration, scopes), *_cut(name), *filter(None, [life_sentence])])


def _unknown(integration: str, scopes: frozenset[str]) -> Iterator[str]:
    if integration and find_provider(integration) is None:
        yield f"The link names the tool “{integration[:_MAX_SHOWN]}”, which CalmBoard does not know: choose one."
    if unknown := sorted(scopes - USABLE):
        names = listed([f"“{scope[:_MAX_SHOWN]}”" for scope in unknown[:3]])
        rest = f" and {plural(len(unknown) - 3, 'other')}" if len(unknown) > 3 else ""
        yield f"The link asks for {names}{rest}, which no key can have: {'it is' if len(unknown) == 1 else 'they are'} left out."


def _cut(name: str) -> Iterator[str]:
    if len(name) > MAX_NAME_LENGTH:
        yield f"The name in the link is longer than {MAX_NAME_LENGTH:,} characters, and is cut."


def _life(text: str) -> tuple[str, str, str]:
    """The choice of the form, its last day, and why it is not what the link asks for."""
    if text in _PRESETS:
        return text, "", ""
    days = int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 0
    if 1 <= days <= _MAX_DAYS:
        return "date", (today() + timedelta(days=days)).isoformat(), ""
    request = (
        f"The link asks for a key that lives “{text[:_MAX_SHOWN]}”. Days are a whole number from 1 to {_MAX_DAYS:,}, or never"
    )
    return DEFAULT_LIFETIME, "", f"{request}: {_LABELS[DEFAULT_LIFETIME]} are chosen."
