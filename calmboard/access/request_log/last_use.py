"""When, from where and for what a credential was last used."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from calmboard.access.access import USE_RECORD_INTERVAL, CredentialUse
from calmboard.access.credentials.keys import record_key_use
from calmboard.access.oauth.grants import record_grant_use
from calmboard.access.request_record import RequestRecord

_log = logging.getLogger(__name__)


def record_use(record: RequestRecord) -> None:
    """Keep the use of a credential that a request came with, at most once a minute; a request never fails over it."""
    credential = record.credential
    if credential is None or (credential.last_used_at and credential.last_used_at > record.at - USE_RECORD_INTERVAL):
        return
    record_of_kind = record_key_use if credential.kind == "api_key" else record_grant_use
    try:
        record_of_kind(credential.id, _use_of(record))
    except SQLAlchemyError as error:
        _log.warning("The last use of %s was not recorded: %s", credential.id, error)


def _use_of(record: RequestRecord) -> CredentialUse:
    return CredentialUse(record.ip, record.user_agent, record.endpoint, record.status, record.code, record.reason)
