"""A view of Flask that answers a constant: what framework and server take of a request before anything is done for it."""

import json

from flask import Flask, Response

_PROJECT = {
    "id": "prj_01kb4m2x3y4z5a6b7c8d9e0f1g",
    "name": "Payments of the northern region",
    "description": "What customers pay, and what they get back.",
    "role": "member",
    "created_at": "2026-11-01T08:00:00Z",
    "updated_at": "2026-11-30T08:00:00Z",
}
_PAGE = json.dumps({"data": [_PROJECT] * 25, "has_more": True, "next_cursor": "x" * 80}, separators=(",", ":"))

app = Flask(__name__)


@app.get("/healthz")
def tell_health() -> str:
    return "ok"


@app.get("/api/v1/projects")
def list_projects() -> Response:
    return Response(_PAGE, mimetype="application/json")
