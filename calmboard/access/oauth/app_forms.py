"""What a maker says of an application, and what of it cannot be: a description, a home page, callbacks, a picture."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from calmboard.access.oauth.app_names import MAX_SHOWN_LENGTH
from calmboard.access.oauth.clients import callback_errors
from calmboard.access.oauth.pictures import UnreadablePicture, draw_again
from calmboard.errors import FieldError, ValidationFailed
from calmboard.texts.names import one_line

MAX_DESCRIPTION_LENGTH, MAX_HOME_PAGE_LENGTH = 300, 500
_HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{2,63}", re.IGNORECASE)
_UNREADABLE = "Use letters, digits and signs that can be seen."


@dataclass(frozen=True, slots=True)
class AppForm:
    """What a maker says of an application. `picture` is what was uploaded, None to leave it as it is, empty to take it away."""

    name: str
    description: str
    home_page: str
    redirect_uris: tuple[str, ...]
    picture: bytes | None = None

    def checked(self) -> "AppForm":
        """The values to write, with the picture drawn again. Raises ValidationFailed with all that is wrong."""
        errors = [*_name_errors(self.name), *_description_errors(self.description), *_home_page_errors(self.home_page)]
        errors += callback_errors(list(self.redirect_uris))
        picture = self.picture
        if self.picture:
            try:
                picture = draw_again(self.picture)
            except UnreadablePicture as error:
                errors.append(FieldError("/picture", "no_picture", str(error)))
        if errors:
            raise ValidationFailed(errors=tuple(errors))
        texts = (one_line(self.name), self.description.strip(), self.home_page.strip())
        return AppForm(*texts, self.redirect_uris, picture)


def ascii_host(address: str) -> str:
    """The host of an address as it is looked up; empty where it has none."""
    try:
        return (urlsplit(address).hostname or "").encode("idna").decode()
    except ValueError:
        return ""


def _name_errors(name: str) -> list[FieldError]:
    text = one_line(name)
    if not text:
        return [FieldError("/name", "required", "Give the app the name that it is known by.")]
    if len(text) > MAX_SHOWN_LENGTH:
        detail = f"This is {len(text):,} characters long. Use at most {MAX_SHOWN_LENGTH:,}."
        return [FieldError("/name", "too_long", detail)]
    return [] if text.isprintable() else [FieldError("/name", "unprintable", _UNREADABLE)]


def _description_errors(text: str) -> list[FieldError]:
    if len(text) > MAX_DESCRIPTION_LENGTH:
        detail = f"This is {len(text):,} characters long. Use at most {MAX_DESCRIPTION_LENGTH:,}."
        return [FieldError("/description", "too_long", detail)]
    if not one_line(text).isprintable():
        return [FieldError("/description", "unprintable", _UNREADABLE)]
    return []


def _home_page_errors(address: str) -> list[FieldError]:
    text = address.strip()
    if not text or (len(text) <= MAX_HOME_PAGE_LENGTH and _is_public_page(text)):
        return []
    return [FieldError("/home_page", "unusable", "Write the whole address of a page, such as https://example.com.")]


def _is_public_page(address: str) -> bool:
    """Whether browsers and we find the same host in it, and nothing before that."""
    if not address.isprintable() or any(character in address for character in " \\<>\"'`"):
        return False
    try:
        parts = urlsplit(address)
        is_usual = parts.scheme == "https" and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
    return is_usual and _HOST.fullmatch(ascii_host(address)) is not None
