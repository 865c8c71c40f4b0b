"""One of everything that has an id, made through the API, for tests that run over every endpoint."""

from typing import Any

from tests.support.cast import Api, Place

# Where a thing is created, and with what; in an order in which each finds its parents.
_MAKERS: dict[str, tuple[str, dict[str, Any]]] = {
    "task_id": ("/boards/{board_id}/tasks", {"title": "Measure the mirror"}),
}


def make_things(api: Api, place: Place) -> dict[str, str]:
    things = {"project_id": place.project_id, "board_id": place.board_id}
    for name, (path, body) in _MAKERS.items():
        made = api.post(path.format(**things), json=body)
        assert made.status_code == 201, made.text
        things[name] = made.json["id"]
    return things
