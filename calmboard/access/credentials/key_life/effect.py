"""What a key can do at this moment, project by project, and what made that other than when it was created."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from calmboard import ids
from calmboard.access.access import Access
from calmboard.access.credentials.keys import Key
from calmboard.access.oauth.connected_apps import Grant
from calmboard.access.permissions import ROLE_RIGHTS
from calmboard.db import AnyRow, autocommit
from calmboard.models import ApiKey, AuditEntry, Membership, OAuthGrant, Project

MOST_PROJECTS = 100
_MOST_ENTRIES = 500
_ACTIONS = ("member.changed", "member.removed", "plan.changed", "key.changed", "credential.cut_off")


@dataclass(frozen=True, slots=True)
class ProjectEffect:
    """What the key may do in a project: none of its rights where an admin cut it off there."""

    project_id: str
    name: str
    role: str
    rights: frozenset[str]
    is_cut_off: bool


@dataclass(frozen=True, slots=True)
class EffectChange:
    """Something since the key was created that holds still. `project` is its name where the user can see it; `rights` are
    those that were lost.
    """

    kind: Literal["role", "left", "plan", "narrowed", "cut_off"]
    at: datetime
    project: str = ""
    before: str = ""
    rights: frozenset[str] = frozenset()


def list_effects(access: Access, credential: Key | Grant) -> list[ProjectEffect]:
    """By name, at most MOST_PROJECTS and one, which tells that there are more."""
    statement = select(Project.id, Project.name, Membership.role).join(Membership, Membership.project_id == Project.id)
    statement = statement.where(Membership.user_id == access.user.id)
    if credential.project_ids is not None:
        statement = statement.where(Project.id.in_(credential.project_ids))
    table = ApiKey if isinstance(credential, Key) else OAuthGrant
    with autocommit() as connection:
        cut_off = connection.execute(select(table.cut_off).where(table.id == credential.id)).scalar_one_or_none() or ()
        rows = connection.execute(statement.order_by(Project.name_folded, Project.id).limit(MOST_PROJECTS + 1)).all()
    return [_effect(row, credential.scopes, row.id in cut_off) for row in rows]


def list_changes_since_created(access: Access, key: Key, effects: Sequence[ProjectEffect]) -> list[EffectChange]:
    """From the audit log of the user, the latest first: what holds no more is not named."""
    own = {effect.project_id: effect for effect in effects}
    entries = _entries(access, key)
    found = [
        *_of_roles(entries, key, own),
        *_of_leaving(entries, key, own),
        *_of_the_key(entries, key),
        *_of_cutting(entries, key, own),
    ]
    plan = [entry for entry in entries if entry.action == "plan.changed"]
    if plan and plan[0].details.get("before") != access.user.plan:
        found.append(EffectChange("plan", plan[-1].at, before=str(plan[0].details.get("before") or "")))
    return sorted(found, key=lambda change: change.at, reverse=True)


def _effect(row: AnyRow, scopes: frozenset[str], is_cut_off: bool) -> ProjectEffect:
    rights = frozenset() if is_cut_off else scopes & ROLE_RIGHTS[row.role]
    return ProjectEffect(row.id, row.name, row.role, rights, is_cut_off)


def _entries(access: Access, key: Key) -> Sequence[AnyRow]:
    statement = select(
        AuditEntry.id, AuditEntry.at, AuditEntry.action, AuditEntry.subject_id, AuditEntry.project_id, AuditEntry.details
    )
    since = AuditEntry.id >= ids.first_id("aud", key.created_at)
    statement = statement.where(AuditEntry.user_id == access.user.id, since, AuditEntry.action.in_(_ACTIONS))
    with autocommit() as connection:
        latest = connection.execute(statement.order_by(AuditEntry.id.desc()).limit(_MOST_ENTRIES)).all()
    return latest[::-1]


def _of_roles(entries: Iterable[AnyRow], key: Key, own: Mapping[str, ProjectEffect]) -> Iterable[EffectChange]:
    """Roles that are lower for the key than the one before the first change."""
    changed: dict[str, list[AnyRow]] = {}
    for entry in entries:
        if entry.action == "member.changed" and entry.project_id in own:
            changed.setdefault(entry.project_id, []).append(entry)
    for project_id, of_project in changed.items():
        before, effect = str(of_project[0].details.get("before")), own[project_id]
        lost = (ROLE_RIGHTS.get(before, frozenset()) - ROLE_RIGHTS[effect.role]) & key.scopes
        if lost:
            yield EffectChange("role", of_project[-1].at, effect.name, before, lost)


def _of_leaving(entries: Iterable[AnyRow], key: Key, own: Mapping[str, ProjectEffect]) -> Iterable[EffectChange]:
    if len(own) > MOST_PROJECTS:
        return  # those that are not shown may be among them
    for project_id, entry in {entry.project_id: entry for entry in entries if entry.action == "member.removed"}.items():
        if project_id not in own and (key.project_ids is None or project_id in key.project_ids):
            yield EffectChange("left", entry.at)


def _of_the_key(entries: Iterable[AnyRow], key: Key) -> Iterable[EffectChange]:
    for entry in entries:
        if entry.action == "key.changed" and entry.subject_id == key.id:
            lost = _scopes(entry.details.get("before")) - _scopes(entry.details.get("after"))
            if lost:
                yield EffectChange("narrowed", entry.at, rights=lost)


def _of_cutting(entries: Iterable[AnyRow], key: Key, own: Mapping[str, ProjectEffect]) -> Iterable[EffectChange]:
    of_key = (entry for entry in entries if entry.action == "credential.cut_off" and entry.subject_id == key.id)
    latest = {entry.project_id: entry for entry in of_key}
    for project_id, entry in latest.items():
        if project_id in own and own[project_id].is_cut_off:
            yield EffectChange("cut_off", entry.at, own[project_id].name)


def _scopes(values: Any) -> frozenset[str]:
    return frozenset(str(values.get("scopes") or "").split()) if isinstance(values, dict) else frozenset()
