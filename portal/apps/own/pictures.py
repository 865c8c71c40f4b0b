"""The pictures of apps, for whoever may be asked to let one in: drawn by us, and nothing but pictures."""

from flask import request
from werkzeug.wrappers import Response

from calmboard.access.oauth.made_apps import find_app, read_picture
from calmboard.errors import NotFound
from portal.shared.blueprint import bp

_HEADERS = {
    "Cache-Control": "private, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@bp.get("/integrations/apps/<client_id>/picture")
def app_picture(client_id: str) -> Response:
    """Its address changes with the app, so that no browser shows one that was replaced."""
    picture = read_picture(client_id) if find_app(client_id) else None
    if picture is None:
        raise NotFound("This app has no picture.")
    response = Response(picture, mimetype="image/png", headers=_HEADERS)
    response.add_etag()
    response.vary.add("Cookie")
    return response.make_conditional(request)
