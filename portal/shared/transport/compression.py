"""Pages are sent compressed where nothing secret stands in them: they are named one by one, and no other ever is.

What compression gives away of a page's content, and why nobody can use it, stands in docs/security.md.
"""

import gzip
from collections.abc import Callable, Mapping

import brotli
from flask import Response, request

COMPRESSED_PAGES = frozenset(
    {
        "portal.integrations",
        "portal.key_list",
        "portal.api_reference",
        "portal.api_reference_text",
        "portal.noun_reference",
        "portal.noun_reference_text",
        "portal.agent_reference",
        "portal.agent_reference_text",
        "portal.errors_reference",
        "portal.errors_reference_text",
        "portal.leaks",
        "portal.recipe_list",
        "portal.recipe_page",
        "portal.llms_text",
    }
)
MIN_BYTES = 1024

# A higher level takes a third more of the processor for a tenth less to send.
_LEVEL = 4
# The first that a client takes is sent.
_ENCODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": lambda text: brotli.compress(text, quality=_LEVEL),
    "gzip": lambda text: gzip.compress(text, _LEVEL, mtime=0),
}


def compress(response: Response) -> Response:
    """Compress the answer of a page that may be; an answer with a tag names these very bytes and is left as it is."""
    if request.endpoint not in COMPRESSED_PAGES or response.status_code != 200 or "ETag" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    encoding = next((name for name in _ENCODINGS if request.accept_encodings[name] > 0), None)
    text = response.get_data()
    if encoding and len(text) >= MIN_BYTES:
        response.set_data(_ENCODINGS[encoding](text))
        response.headers["Content-Encoding"] = encoding
    return response
