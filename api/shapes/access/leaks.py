"""Secrets that were found where they should not be."""

from typing import Annotated

from msgspec import Struct

from api.shapes.values import about

Secret = Annotated[
    str, about("A key, or an access or refresh token.", "cbk_0000000000000000000000000000000000001", max_length=1000)
]


class FoundSecrets(Struct, forbid_unknown_fields=True):
    """What somebody found, say in a public repository."""

    credentials: Annotated[
        list[Secret], about("Up to a thousand; what is none of ours is ignored.", min_length=1, max_length=1000)
    ]
