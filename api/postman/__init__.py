"""The Postman collection at `/api/postman.json`, public, made from the described views."""

from flask import Blueprint, Response, current_app

from api.postman.collection import postman_json

bp = Blueprint("postman", __name__)


@bp.get("/postman.json")
def read_postman() -> Response:
    response = Response(postman_json(current_app), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Content-Disposition"] = 'attachment; filename="calmboard.postman_collection.json"'
    return response
