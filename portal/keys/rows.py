"""The rows of the key list: each key described in words, with the actions available now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 -- a word of pages is called date
from datetime import datetime, timedelta

from flask import url_for
from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.access.credentials.key_life.rotation import Overlap, list_overlaps
from calmboard.access.credentials.key_lists import revocations
from calmboard.access.credentials.keys import REASONS, Key
from calmboard.access.oauth.connected_apps import Grant
from calmboard.access.oauth.resources import MCP_PREFIX
from calmboard.access.plans import PLANS
from calmboard.access.providers import find_provider
from calmboard.access.request_log.usage import Calls, read_usage_by_day
from calmboard.access.scopes import GRANTABLE
from calmboard.clock import now
from calmboard.db import AnyRow
from calmboard.work.project_choice import project_names
from portal.shared.texts.bars import Bars
from portal.shared.texts.words import agent, ago, date, plural, short_date, time_tag
from portal.shared.texts.zone import local, today

# A key that was not used for so long is not called in use.
QUIET = timedelta(days=7)
_SOON_DAYS = 14
# A credential's last use at the server is stored as MCP_PREFIX, the method and the name of the tool, resource or prompt; for a
# request without a message, as the HTTP method and the path.
_VERBS = {"tools/call": "Called", "resources/read": "Read", "prompts/get": "Took the prompt"}
_FEW = 3
_ID = "KEY_ID"
_REVOKED_BY = {"session": " by you", "key": " by the key itself", "operator": " by whoever runs CalmBoard"}


@dataclass(frozen=True, slots=True)
class Tie:
    """A key's part in an overlap: how long the old one works, who used it last, and how to end or extend it."""

    overlap: Overlap
    sentence: Markup
    percent_left: int
    end_url: str
    extend_url: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """`badge` is text, tone and icon; `actions` the available actions, the first one as a button.

    `urls` are the addresses of those, and of the `recipe`.
    """

    key: Key
    tool: str
    monogram: str
    badge: tuple[str, str, str]
    rights: str
    projects: str
    use: Markup
    end: Markup
    actions: tuple[str, ...]
    urls: Mapping[str, str]
    tie: Tie | None
    bars: Bars


@dataclass(frozen=True, slots=True)
class RowContext:
    """What is read for all rows at once: names of projects, and by the id of a key its revocation, overlap and calls."""

    names: Mapping[str, str]
    is_paid: bool
    urls: Mapping[str, str]
    revoked_by: Mapping[str, AnyRow]
    overlaps: Mapping[str, Overlap]
    days: Mapping[str, Mapping[Day, Calls]]


def key_rows(access: Access, keys: Sequence[Key]) -> list[KeyRow]:
    names, is_paid = names_in(access, keys), PLANS[access.user.plan].includes_apis
    urls = _urls() if keys else {}
    revoked = [key.id for key in keys if key.revoked_at is not None]
    revoked_by = revocations(access, revoked) if revoked else {}
    overlaps = list_overlaps(access, keys) if keys else {}
    days = read_usage_by_day([key.id for key in keys]) if keys else {}
    context = RowContext(names, is_paid, urls, revoked_by, overlaps, days)
    return [_row(key, context) for key in keys]


def tie_of(key: Key, overlap: Overlap | None) -> Tie | None:
    if overlap is None or overlap.old.expires_at is None:
        return None
    old, new = overlap.old, overlap.new
    left = time_tag(overlap.old.expires_at, _time_left(overlap.old.expires_at))
    if key.id == old.id:
        begin = Markup("<strong>It still works for {}.</strong> <code>cbk_…{}</code> took its place.").format(left, new.last4)
    else:
        begin = Markup("<strong>The old key, <code>cbk_…{}</code>, still works for {}.</strong>").format(old.last4, left)
    return Tie(
        overlap,
        begin + Markup(" ") + _last_use_of_old(old),
        percent_left=round(100 * overlap.share_left(now())),
        end_url=url_for("portal.revoke_key", key_id=old.id, reason="replaced"),
        extend_url=url_for("portal.extend_key", key_id=old.id),
    )


def _last_use_of_old(old: Key) -> Markup:
    if old.last_used_at is None:
        return Markup("The old key was never used.")
    where = f" from {old.last_used_ip}" if old.last_used_ip else ""
    when = time_tag(old.last_used_at, ago(old.last_used_at))
    return Markup("The old key was last used {}{} by {}.").format(when, where, agent(old.last_used_agent))


def _time_left(end: datetime) -> str:
    """“21 hours”, from two days on in days."""
    minutes = max(1, round((end - now()).total_seconds() / 60))
    if minutes < 60:
        return plural(minutes, "minute")
    hours = round(minutes / 60)
    return plural(hours, "hour") if hours < 48 else plural(round(hours / 24), "day")


def names_in(access: Access, credentials: Iterable[Key | Grant]) -> dict[str, str]:
    """The names of the projects that these are limited to, by id."""
    return project_names(access, {project_id for one in credentials for project_id in one.project_ids or ()})


def use_of(key: Key | Grant) -> Markup:
    """Last use, with who and where."""
    if key.last_used_at is None:
        return Markup("Never used")
    where = f", {key.last_used_ip}" if key.last_used_ip else ""
    when = time_tag(key.last_used_at, ago(key.last_used_at))
    return Markup("Used %s by %s%s") % (when, agent(key.last_used_agent), where)


def last_call_of(key: Key | Grant) -> tuple[Markup, ...]:
    """The last call and when it came: “Called create_task”, “Used 3 minutes ago by Cursor, 203.0.113.24”."""
    last_endpoint, use = key.last_used_endpoint, use_of(key)
    if last_endpoint is None:
        return (use,)
    method, _, name = last_endpoint.removeprefix(MCP_PREFIX).partition(" ")
    if method in _VERBS and name:
        return Markup("{} <code>{}</code>").format(_VERBS[method], name), use
    return Markup("Last call <code>{}</code>").format(last_endpoint.removeprefix(MCP_PREFIX)), use


def projects_of(key: Key | Grant, names: Mapping[str, str]) -> str:
    if key.project_ids is None:
        return "all my projects"
    known = sorted(names[project_id] for project_id in key.project_ids if project_id in names)
    if not known:
        return "no project of yours any more"
    return ", ".join(known) if len(known) <= _FEW else plural(len(known), "project")


def rights_of(scopes: frozenset[str]) -> str:
    """“Write: tasks · Read: everything else”."""
    writes = [noun for noun in GRANTABLE if f"{noun}:write" in scopes]
    reads = [noun for noun in GRANTABLE if f"{noun}:read" in scopes and noun not in writes]
    sees_all = len(writes) + len(reads) == len(GRANTABLE)
    if sees_all and reads:
        reads = ["everything else" if writes else "everything"]
    if sees_all and not reads:
        writes = ["everything"]
    return " · ".join([*_right("Write", writes), *_right("Read", reads)])


def _row(key: Key, context: RowContext) -> KeyRow:
    tool = find_provider(key.integration)
    return KeyRow(
        key,
        tool=tool.name if tool else "Custom workflow",
        monogram=tool.monogram if tool else "Wf",
        badge=_badge(key, context.is_paid),
        rights=rights_of(key.scopes),
        projects=projects_of(key, context.names),
        use=_pause_of(key) or use_of(key) + _refusal_of(key),
        end=_life(key, context.revoked_by.get(key.id)),
        actions=_actions(key, context.is_paid),
        urls={name: url.replace(_ID, key.id) for name, url in context.urls.items()},
        tie=tie_of(key, context.overlaps.get(key.id)),
        bars=Bars.of(context.days[key.id]),
    )


def _urls() -> dict[str, str]:
    """The addresses of a key's actions and of its recipe, with a word in place of its id: to make one costs as much as a row."""
    urls = {action: url_for(f"portal.{action}_key", key_id=_ID) for action in ("pause", "resume", "revoke", "replace", "edit")}
    copy, page = url_for("portal.new_key", replaces=_ID), url_for("portal.key_page", key_id=_ID)
    return urls | {"copy": copy, "page": page, "recipe": url_for("portal.key_recipe", key_id=_ID)}


def _badge(key: Key, is_paid: bool) -> tuple[str, str, str]:
    status = key.status(now())
    if status == "revoked":
        return "Revoked", "danger", "struck"
    if status == "expired":
        return "Expired", "", "clock"
    if status == "paused":
        return "Paused", "", "pause"
    if not is_paid:
        return "Waiting for a paid plan", "", "lock"
    if key.successor_id is not None:
        return "Replaced", "accent", "replace"
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
        return ("copy", "revoke")
    if key.successor_id is not None:
        return ("resume" if status == "paused" else "pause", "revoke")
    if status == "paused":
        return ("resume", "replace", "revoke")
    days = _days_left(key)
    return ("replace", "pause", "revoke") if days is not None and days <= _SOON_DAYS else ("pause", "replace", "revoke")


def _life(key: Key, revocation: AnyRow | None) -> Markup:
    """Since when there is the key, and until when."""
    created = Markup("Created {}").format(time_tag(key.created_at, date(key.created_at)))
    return created + Markup(" · ") + (_end(key) if key.revoked_at is None else _revocation(key, key.revoked_at, revocation))


def _revocation(key: Key, at: datetime, revocation: AnyRow | None) -> Markup:
    """When it was revoked, by whom as far as that is known, and why."""
    who = "" if revocation is None else _REVOKED_BY.get(revocation.source, "")
    why = f": {REASONS[key.revoked_reason]}" if key.revoked_reason in REASONS else ""
    return Markup("Revoked {}{}{}").format(time_tag(at, date(at)), who, why)


def _end(key: Key) -> Markup:
    if key.expires_at is None:
        return Markup("No end")
    end = time_tag(key.expires_at, date(key.expires_at))
    days = _days_left(key)
    if days is None:
        return Markup("Expired {}").format(end)
    if key.successor_id is not None:
        return Markup("Ends {}, replaced").format(end)
    if days <= _SOON_DAYS:
        return Markup("<strong>Expires {}.</strong> Replace it in time and nothing stops.").format(end)
    return Markup("Expires %s, in %s") % (end, plural(days, "day"))


def _days_left(key: Key) -> int | None:
    """Days until the day it ends; None where there is no end, or it has passed."""
    if key.expires_at is None or key.expires_at <= now():
        return None
    return (local(key.expires_at).date() - today()).days


def _pause_of(key: Key) -> Markup | None:
    if key.paused_at is None or key.status(now()) != "paused":
        return None
    day = time_tag(key.paused_at, short_date(key.paused_at))
    return Markup("You paused it on {}. Requests get <code>api_key_paused</code>.").format(day)


def _refusal_of(key: Key) -> Markup:
    """How the last call was refused, so that a key whose every call is does not look well used."""
    if key.last_used_status is None or key.last_used_status < 400:
        return Markup("")
    code = Markup(" <code>{}</code>").format(key.last_used_code) if key.last_used_code else ""
    return Markup('. <strong class="refused">Refused: {}{}</strong>').format(key.last_used_status, code)


def _right(verb: str, nouns: Sequence[str]) -> list[str]:
    return [f"{verb}: {', '.join(nouns)}"] if nouns else []
