"""PostgreSQL stops and starts while programs ask: until it answers there is 503, and then rights are those committed last."""

from collections.abc import Callable

import pytest
import requests
from flask import Flask
from sqlalchemy import make_url

from tests.support.clients.crowd import asking
from tests.support.servers.programs import wait_until
from tests.support.watched import EVERYTHING, Watched, add_watched, refused, require_nothing_old, require_recovery
from tests.web.conftest import Mortal

pytestmark = [pytest.mark.database("postgresql"), pytest.mark.processes]

_PAUSED = EVERYTHING | {"key": refused("api_key_paused")}


@pytest.fixture
def watched(mortal: Mortal, make_app: Callable[..., Flask], database_url: str) -> Watched:
    """Somebody whom the database knows that is stopped."""
    url = mortal.postgres.url(str(make_url(database_url).database))
    app = make_app(database_url=url, instance_dir=mortal.server.log_file.parent)
    return add_watched(app, mortal.server.url)


def start(mortal: Mortal) -> None:
    mortal.postgres.start()
    wait_until(lambda: requests.get(f"{mortal.server}/readyz", timeout=10).status_code == 200, "The server")


def test_changes_before_and_after_a_restart_apply(mortal: Mortal, watched: Watched) -> None:
    with asking(mortal.server.url, watched.calls) as crowd:
        assert crowd.seen() == EVERYTHING
        watched.pause_key()
        crowd.change(mortal.postgres.stop)
        require_nothing_old(crowd, dict.fromkeys(EVERYTHING, refused("unavailable")))
        crowd.change(lambda: start(mortal))
        require_recovery(crowd, _PAUSED)
        crowd.change(watched.resume_key)
        require_recovery(crowd, EVERYTHING)
