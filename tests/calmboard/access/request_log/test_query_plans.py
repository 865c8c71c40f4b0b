"""A page of the log is read along an index, in its order: it takes as long among ten million calls as among ten thousand."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.plans import plans_of
from tests.support.statements import recorded
from tests.support.users import TestUser


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "user_id"),
        ({"refused": "true"}, "refused|user_id_id_code_idx"),
        ({"status": 200, "route": "/api/v1/me"}, "user_id"),
        ({"credential_id": "key_01m86ffkj1eyt9k86t46h61k8b"}, "credential_id|user_id"),
        ({"request_id": "req_01m86ffkj1eyt9k86t46h61k8b"}, "request_id"),
    ],
)
def test_nothing_is_sorted_and_no_table_walked(
    app: Flask, new_user: Callable[..., TestUser], wanted: dict[str, str], index: str
) -> None:
    person = new_user()
    with recorded(app) as statements:
        assert person.api.get("/requests", query_string=wanted).status_code == 200
    reads = [statement for statement in statements if "FROM request_log" in statement[0]]
    ((_, plan),) = plans_of(app, reads, "enable_seqscan", "enable_sort", "enable_bitmapscan")
    assert "request_log" in plan
    assert any(name in plan for name in index.split("|"))
    for walk in ("Sort  (", "TEMP B-TREE", "Seq Scan", "SCAN request_log"):
        assert walk not in plan
