"""A person's passkeys: listed, added, removed."""

import re
from collections.abc import Callable, Sequence

from sqlalchemy import delete, func, select
from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.helpers import parse_registration_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from calmboard.access.access import Access
from calmboard.access.audit import Subject, record_audit
from calmboard.access.credentials.passkeys.challenges import Ceremony, create_challenge, parse_answer, take_challenge
from calmboard.access.credentials.passwords import verify
from calmboard.access.credentials.second_factor import (
    end_codes_without_factor,
    has_second_factor,
    mark_proven,
    new_codes,
)
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit, db, insert_or_ignore, retry_conflicts
from calmboard.errors import FieldError, ValidationFailed
from calmboard.ids import new_id
from calmboard.models import Passkey
from calmboard.texts.names import ONE_LINE, one_line

MAX_PASSKEYS = 20
_MAX_NAME_LENGTH = 80
_MAX_CREDENTIAL_BYTES = 1023
_NOT_ADDED = "Your browser did not make a passkey that CalmBoard can use. Try again, or with another device."
_KNOWN = "This passkey is here already. Choose another device, or remove it first."

BeforeCommit = Callable[[Sequence[str]], None]


def list_passkeys(access: Access) -> Sequence[AnyRow]:
    """Id, name, `created_at` and `last_used_at`, the oldest first."""
    columns = (Passkey.id, Passkey.name, Passkey.created_at, Passkey.last_used_at)
    with autocommit() as connection:
        return connection.execute(select(*columns).where(Passkey.user_id == access.user.id).order_by(Passkey.id)).all()


def has_passkey(user_id: str) -> bool:
    with autocommit() as connection:
        return connection.execute(select(Passkey.id).where(Passkey.user_id == user_id).limit(1)).first() is not None


def registration_options(access: Access, name: str, password: str, ceremony: Ceremony) -> str:
    """What the browser makes a passkey by, as JSON. Raises ValidationFailed as `add_passkey` does."""
    _require_valid(access, name, password)
    options = generate_registration_options(
        rp_id=ceremony.host,
        rp_name="CalmBoard",
        user_id=access.user.id.encode(),
        user_name=access.user.email,
        user_display_name=access.user.name,
        challenge=create_challenge(ceremony),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=descriptors_of(access.user.id),
    )
    return options_to_json(options)


@retry_conflicts
def add_passkey(
    access: Access, name: str, password: str, answer: str, ceremony: Ceremony, session_id: str, before_commit: BeforeCommit
) -> bool:
    """Let a passkey sign the person in; whether it is their first second factor, of which `before_commit` gets recovery codes.

    Raises ValidationFailed where name, password or the browser's answer cannot be used.
    """
    _require_valid(access, name, password)
    registered = _verified(answer, ceremony)
    is_first = not has_second_factor(access.user.id)
    passkey_id, shown_name = new_id("pky"), one_line(name)
    values = {"id": passkey_id, "user_id": access.user.id, "name": shown_name, "created_at": now()}
    values |= {
        "credential_id": registered.credential_id,
        "public_key": registered.credential_public_key,
        "sign_count": registered.sign_count,
    }
    if db.session.execute(insert_or_ignore(Passkey, db.engine.dialect.name), values).first() is None:
        db.session.rollback()
        raise _refusal("passkey", "taken", _KNOWN)
    if is_first:
        before_commit(new_codes(access.user.id))
    mark_proven(session_id)
    record_audit(access, "passkey.added", Subject("passkey", passkey_id, access.user.id), {"name": shown_name})
    db.session.commit()
    return is_first


@retry_conflicts
def remove_passkey(access: Access, passkey_id: str) -> bool:
    """Let it sign nobody in any more; whether there was one."""
    removal = delete(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == access.user.id).returning(Passkey.name)
    name = db.session.execute(removal).scalar()
    if name is not None:
        end_codes_without_factor(access.user.id)
        record_audit(access, "passkey.removed", Subject("passkey", passkey_id, access.user.id), {"name": name})
    db.session.commit()
    return name is not None


def descriptors_of(user_id: str) -> list[PublicKeyCredentialDescriptor]:
    """A person's passkeys as browsers know them."""
    with autocommit() as connection:
        ids = connection.execute(select(Passkey.credential_id).where(Passkey.user_id == user_id)).scalars().all()
    return [PublicKeyCredentialDescriptor(id=credential_id) for credential_id in ids]


def _require_valid(access: Access, name: str, password: str) -> None:
    errors = []
    if not 0 < len(one_line(name)) <= _MAX_NAME_LENGTH or not re.fullmatch(ONE_LINE, one_line(name)):
        detail = f"Give it a name of 1 to {_MAX_NAME_LENGTH} characters that can be seen, such as “Laptop”."
        errors.append(FieldError("/name", "length", detail))
    if verify(access.user.email, password) is None:
        errors.append(FieldError("/current_password", "no_match", "This is not your password."))
    with autocommit() as connection:
        held = connection.execute(select(func.count()).where(Passkey.user_id == access.user.id)).scalar_one()
    if held >= MAX_PASSKEYS:
        errors.append(FieldError("/passkey", "too_many", f"You have {held:,} passkeys, as many as an account holds. Remove one."))
    if errors:
        raise ValidationFailed(errors=tuple(errors))


def _verified(answer: str, ceremony: Ceremony) -> VerifiedRegistration:
    parsed = parse_answer(parse_registration_credential_json, answer)
    if parsed is not None and take_challenge(ceremony, parsed[1]):
        registered = _verify(*parsed, ceremony)
        if registered is not None and len(registered.credential_id) <= _MAX_CREDENTIAL_BYTES:
            return registered
    raise _refusal("passkey", "unusable", _NOT_ADDED)


def _verify(credential: RegistrationCredential, challenge: bytes, ceremony: Ceremony) -> VerifiedRegistration | None:
    try:
        return verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=ceremony.host,
            expected_origin=list(ceremony.origins),
            require_user_verification=True,
        )
    except Exception:  # what is sent may be anything, and the library raises what it meets in it
        return None


def _refusal(name: str, code: str, detail: str) -> ValidationFailed:
    return ValidationFailed(errors=(FieldError(f"/{name}", code, detail),))
