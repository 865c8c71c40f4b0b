"""The rows of the key list: each key described in words, with the actions available now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.access.credentials.keys import Key
from calmboard.access.oauth.connected_apps import Grant
from calmboard.access.plans import PLANS
from calmboard.access.providers import find_provider
from calmboard.access.scopes import GRANTABLE
from calmboard.clock import now
from calmboard.work.project_choice import project_names
from portal.shared.words import agent, ago, date, machine_time, plural, short_date

_SOON_DAYS = 14
_FEW = 3
_ID = "KEY_ID"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """`badge` is text, tone and icon; `actions` the available actions, the first one as a button.

    `urls` are the addresses of those, and of the `recipe`.
    """

    key: Key
    monogram: str
    badge: tuple[str, str, str]
    rights: str
    projects: str
    use: Markup
    end: Markup
    actions: tuple[str, ...]
    urls: Mapping[str, str]


def key_rows(access: Access, keys: Sequence[Key]) -> list[KeyRow]:
    names, is_paid = names_in(access, keys), PLANS[access.user.plan].includes_apis
    urls = _urls() if keys else {}
    return [_row(key, names, is_paid, urls) for key in keys]


def names_in(access: Access, credentials: Iterable[Key | Grant]) -> dict[str, str]:
    """The names of the projects that these are limited to, by id."""
    return project_names(access, {project_id for one in credentials for project_id in one.project_ids or ()})


def use_of(key: Key | Grant) -> Markup:
    """Last use, with who and where."""
    if key.last_used_at is None:
        return Markup("Never used")
    where = f", {key.last_used_ip}" if key.last_used_ip else ""
    when = _time(key.last_used_at, ago(key.last_used_at))
    return Markup("Used %s by %s%s") % (when, agent(key.last_used_agent), where)


def projects_of(key: Key | Grant, names: Mapping[str, str]) -> str:
    if key.project_ids is None:
        return "all my projects"
    known = sorted(names[project_id] for project_id in key.project_ids if project_id in names)
    if not known:
        return "no project of yours any more"
    return ", ".join(known) if len(known) <= _FEW else plural(len(known), "project")


def rights_of(scopes: frozenset[str]) -> str:
    """“everything read, tasks write”."""
    writes = [noun for noun in GRANTABLE if f"{noun}:write" in scopes]
    reads = [noun for noun in GRANTABLE if f"{noun}:read" in scopes and noun not in writes]
    if len(writes) == len(GRANTABLE):
        return "everything write"
    if len(writes) + len(reads) == len(GRANTABLE):
        return ", ".join(["everything read", *_right(writes, "write")])
    return ", ".join([*_right(writes, "write"), *_right(reads, "read")])


def _row(key: Key, names: Mapping[str, str], is_paid: bool, urls: Mapping[str, str]) -> KeyRow:
    tool, actions = find_provider(key.integration), _actions(key, is_paid)
    return KeyRow(
        key,
        monogram=tool.monogram if tool else "Wf",
        badge=_badge(key, is_paid),
        rights=rights_of(key.scopes),
        projects=projects_of(key, names),
        use=_pause_of(key) or use_of(key),
        end=_end(key),
        actions=actions,
        urls=_urls_of(key, actions, urls),
    )


def _urls() -> dict[str, str]:
    """The addresses of a key's actions and of its recipe, with a word in place of its id: to make one costs as much as a row."""
    urls = {action: url_for(f"portal.{action}_key", key_id=_ID) for action in ("pause", "resume", "revoke")}
    return urls | {"recipe": url_for("portal.key_recipe", key_id=_ID)}


def _urls_of(key: Key, actions: tuple[str, ...], urls: Mapping[str, str]) -> dict[str, str]:
    own = {name: url.replace(_ID, key.id) for name, url in urls.items()}
    return own | {"replace": _replace_url(key)} if "replace" in actions else own


def _replace_url(key: Key) -> str:
    name, scopes = f"{key.name} 2"[-80:], ",".join(sorted(key.scopes))
    return url_for("portal.new_key", integration=key.integration, name=name, scopes=scopes)


def _badge(key: Key, is_paid: bool) -> tuple[str, str, str]:
    status = key.status(now())
    if status == "revoked":
        return "Revoked", "danger", "struck"
    if not is_paid:
        return "Waiting for a paid plan", "", "lock"
    if status == "expired":
        return "Expired", "", "clock"
    if status == "paused":
        return "Paused", "", "pause"
    days = _days_left(key)
    if days is not None and days <= _SOON_DAYS:
        return ("Expires today" if days == 0 else f"Expires in {plural(days, 'day')}"), "warn", "clock"
    return "Active", "ok", "tick-ring"


def _actions(key: Key, is_paid: bool) -> tuple[str, ...]:
    status = key.status(now())
    if status == "revoked":
        return ()
    if not is_paid:
        return ("revoke",)
    if status == "expired":
        return ("replace", "revoke")
    if status == "paused":
        return ("resume", "revoke")
    days = _days_left(key)
    return ("replace", "pause", "revoke") if days is not None and days <= _SOON_DAYS else ("pause", "revoke")


def _end(key: Key) -> Markup:
    if key.revoked_at is not None:
        return Markup("Revoked {}").format(_time(key.revoked_at, date(key.revoked_at)))
    if key.expires_at is None:
        return Markup("No end")
    end = _time(key.expires_at, date(key.expires_at))
    days = _days_left(key)
    if days is None:
        return Markup("Expired {}").format(end)
    if days <= _SOON_DAYS:
        return Markup("<strong>Expires {}.</strong> Replace it in time and nothing stops.").format(end)
    return Markup("Expires %s, in %s") % (end, plural(days, "day"))


def _days_left(key: Key) -> int | None:
    """Days until the day it ends; None where there is no end, or it has passed."""
    if key.expires_at is None or key.expires_at <= now():
        return None
    return (key.expires_at.date() - now().date()).days


def _pause_of(key: Key) -> Markup | None:
    if key.paused_at is None or key.status(now()) != "paused":
        return None
    day = _time(key.paused_at, short_date(key.paused_at))
    return Markup("You paused it on {}. Requests get <code>api_key_paused</code>.").format(day)


def _time(at: datetime, words: str) -> Markup:
    return Markup('<time datetime="%s">%s</time>') % (machine_time(at), words)


def _right(nouns: Sequence[str], verb: str) -> list[str]:
    return [f"{', '.join(nouns)} {verb}"] if nouns else []
