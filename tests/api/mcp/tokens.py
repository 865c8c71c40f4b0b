"""Access tokens for tests of what they may do; how an application comes by one is shown where OAuth is tested."""

import secrets
from datetime import timedelta

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask
from sqlalchemy import update

from calmboard.access.oauth import grants
from calmboard.access.oauth.clients import own_client
from calmboard.access.scopes import SCOPES
from calmboard.access.secret_format import digest, new_secret
from calmboard.clock import now
from calmboard.db import db
from calmboard.models import OAuthAccessToken
from calmboard.settings import SETTINGS
from tests.support.users import TestUser


class Tokens:
    def __init__(self, app: Flask) -> None:
        self._app = app

    def for_resource(self, person: TestUser, resource: str, *scopes: str, project_ids: frozenset[str] | None = None) -> str:
        """A token with these scopes, or else with all of them."""
        return self.pair(person, resource, *scopes, project_ids=project_ids).access_token

    def pair(self, person: TestUser, resource: str, *scopes: str, project_ids: frozenset[str] | None = None) -> grants.Tokens:
        """The same with its refresh token."""
        with self._app.app_context():
            client, verifier = own_client(person.person, SETTINGS.get(self._app).origin), secrets.token_urlsafe(48)
            callback = client.redirect_uris[0]
            challenge = create_s256_code_challenge(verifier)
            consent = grants.Consent(client, callback, challenge, resource, frozenset(scopes or SCOPES), project_ids)
            code = grants.grant(person.access, consent)
            return grants.redeem(client, code, callback, verifier, resource)

    def expired(self, person: TestUser, resource: str) -> str:
        token = self.for_resource(person, resource)
        with self._app.app_context():
            ended = update(OAuthAccessToken).where(OAuthAccessToken.digest == digest(token))
            db.session.execute(ended.values(expires_at=now() - timedelta(seconds=1)))
            db.session.commit()
        return token

    def ended(self, person: TestUser, resource: str) -> str:
        """A token that its application gave back."""
        token = self.for_resource(person, resource)
        with self._app.app_context():
            grants.revoke(own_client(person.person, SETTINGS.get(self._app).origin), token)
        return token

    @staticmethod
    def refreshing() -> str:
        """The form of a refresh token, which opens nothing by itself."""
        return new_secret("cbr")
