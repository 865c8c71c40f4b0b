"""Who asks: the key in the Authorization header, read again for each request."""

from hashlib import sha256

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from projects.models import ApiKey, User


class KeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiKey]:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer" or not secret:
            raise NotAuthenticated("Send your key as Authorization: Bearer cbk_…")
        key = ApiKey.objects.select_related("user").filter(digest=sha256(secret).digest()).first()
        if key is None:
            raise AuthenticationFailed("No key like this was issued here.")
        if key.revoked_at is not None:
            raise AuthenticationFailed("The key was revoked.")
        if key.expires_at is not None and key.expires_at <= timezone.now():
            raise AuthenticationFailed("The key expired.")
        if key.paused_at is not None:
            raise AuthenticationFailed("The key is paused.")
        return key.user, key

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"
