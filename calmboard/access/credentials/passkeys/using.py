"""A passkey in use: instead of e-mail and password, or as the second factor beside them."""

from sqlalchemy import select, update
from webauthn import generate_authentication_options, options_to_json, verify_authentication_response
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.structs import AuthenticationCredential, UserVerificationRequirement

from calmboard.access.access import Person
from calmboard.access.credentials.passkeys.challenges import Ceremony, create_challenge, parse_answer, take_challenge
from calmboard.access.credentials.passkeys.own import descriptors_of
from calmboard.clock import now
from calmboard.db import AnyRow, autocommit
from calmboard.models import Passkey, User


def authentication_options(ceremony: Ceremony, person: Person | None = None) -> str:
    """What the browser signs by, as JSON: with a passkey of this person, or whoever's it holds."""
    is_alone = ceremony.purpose == "sign in"
    options = generate_authentication_options(
        rp_id=ceremony.host,
        challenge=create_challenge(ceremony),
        allow_credentials=descriptors_of(person.id) if person else [],
        user_verification=UserVerificationRequirement.REQUIRED if is_alone else UserVerificationRequirement.PREFERRED,
    )
    return options_to_json(options)


def use_passkey(ceremony: Ceremony, answer: str, person: Person | None = None) -> Person | None:
    """Whose passkey signed, by the browser's answer; None where it is nobody's, or not that of this person.

    In place of the password, the device has to have seen a PIN, a finger or a face. One that counts how often it signed, and
    is behind what it said before, may be a copy, and is refused.
    """
    signed = parse_answer(parse_authentication_credential_json, answer)
    if signed is None:
        return None
    credential, challenge = signed
    row = _find(credential.raw_id)
    if not take_challenge(ceremony, challenge) or row is None or (person is not None and person.id != row.user_id):
        return None
    sign_count = _verify(ceremony, credential, challenge, row)
    if sign_count is None:
        return None
    unchanged = (Passkey.id == row.id, Passkey.sign_count == row.sign_count)
    use = update(Passkey).where(*unchanged).values(sign_count=sign_count, last_used_at=now()).returning(Passkey.id)
    with autocommit() as connection:
        is_used = connection.execute(use).first() is not None
    return Person(row.user_id, row.name, row.email, row.plan) if is_used else None


def _verify(ceremony: Ceremony, credential: AuthenticationCredential, challenge: bytes, row: AnyRow) -> int | None:
    """How often the device has signed, None where it did not sign this."""
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=ceremony.host,
            expected_origin=list(ceremony.origins),
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=ceremony.purpose == "sign in",
        )
    except Exception:  # what is sent may be anything, and the library raises what it meets in it
        return None
    return verified.new_sign_count


def _find(credential_id: bytes) -> AnyRow | None:
    columns = (Passkey.id, Passkey.public_key, Passkey.sign_count, User.id.label("user_id"), User.name, User.email, User.plan)
    with autocommit() as connection:
        statement = select(*columns).join(User, User.id == Passkey.user_id).where(Passkey.credential_id == credential_id)
        return connection.execute(statement).first()
