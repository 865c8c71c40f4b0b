"""Signing in without a page."""

from typing import Annotated, Literal

from msgspec import UNSET, Struct, UnsetType

from api.shapes.access.me import User
from api.shapes.values import EXAMPLE_ID_SUFFIX, NO_NUL, Time, about

_OTP = "The code that your app shows, or a recovery code, where you have a second factor."


class Credentials(Struct, kw_only=True, forbid_unknown_fields=True):
    """What signs a person in."""

    email: Annotated[str, about("The e-mail of your account.", "ana@harbour.example", max_length=254, pattern=NO_NUL)]
    password: Annotated[str, about("Its password.", "five-unrelated-words-do-well", max_length=1000)]
    otp: Annotated[str, about(_OTP, "123456", pattern=r"^(\d{6}|[A-Za-z2-7]{4}(-?[A-Za-z2-7]{4}){3})$")] | UnsetType = UNSET


class SessionToken(Struct):
    """A token that acts as a signed-in person."""

    session_token: Annotated[str, about("Send it as Authorization: Bearer.", "cbs_…")]
    token_type: Annotated[Literal["Bearer"], about("How it is sent (RFC 6750).", "Bearer")]
    expires_in: Annotated[int, about("Seconds until it ends.", 3600)]
    user: User
    client_id: Annotated[str, about("The person's own OAuth client.", f"cli_{EXAMPLE_ID_SUFFIX}")]
    redirect_uri: Annotated[str, about("The first callback of that client.", "https://calmboard.example/oauth/callback")]


class SignedIn(Struct):
    """The person that a session token acts as."""

    user: User
    expires_at: Time
