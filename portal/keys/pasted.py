"""A whole key in the search: found by its digest, and told, since a search is no place for it."""

from flask import url_for
from markupsafe import Markup

from calmboard.access.access import Access
from calmboard.access.credentials.key_lists import find_key_by_secret
from calmboard.access.credentials.keys import Key
from calmboard.access.secret_format import find_secret

_UNKNOWN = Markup(
    "That looks like a key or a token, and is none of your keys. A search box is no place for it: "
    "where anybody may have seen it, have it revoked."
)
_REVOKED = Markup("This is the key “{}”, which is revoked and opens nothing any more.")
_OWN = Markup(
    "This is the key “{}”. A whole key does not belong in a search box: "
    'where anybody may have seen it, <a href="{}">replace it</a>.'
)


def pasted_key_sentence(access: Access, text: str) -> Markup | None:
    """What to say of a text that holds a secret; None of any other."""
    secret = find_secret(text)
    if secret is None:
        return None
    key = find_key_by_secret(access, secret)
    return _UNKNOWN if key is None else _sentence(key)


def _sentence(key: Key) -> Markup:
    if key.revoked_at is not None:
        return _REVOKED.format(key.name)
    return _OWN.format(key.name, url_for("portal.replace_page", key_id=key.id))
