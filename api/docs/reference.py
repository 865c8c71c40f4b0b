"""The API's own description, public: OpenAPI."""

from flask import Blueprint, Response, current_app

from api.docs.openapi import openapi_json

bp = Blueprint("reference", __name__)


@bp.get("/openapi.json")
def read_openapi() -> Response:
    response = Response(openapi_json(current_app), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
