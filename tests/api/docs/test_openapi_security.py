"""The security schemes of the OpenAPI document: the same as the server that issues the tokens."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.api.framework.test_access_matrix import OPERATIONS

pytestmark = pytest.mark.database("sqlite")


@pytest.fixture
def document(client: FlaskClient) -> Any:
    return client.get("/api/openapi.json").json


def test_oauth_is_described_as_the_authorization_server_describes_itself(client: FlaskClient, document: Any) -> None:
    scheme, server = _oauth(document), client.get("/.well-known/oauth-authorization-server").json
    assert server
    assert scheme["type"] == "oauth2"
    assert list(scheme["flows"]) == ["authorizationCode"]
    flow = scheme["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == server["authorization_endpoint"]
    assert flow["tokenUrl"] == flow["refreshUrl"] == server["token_endpoint"]
    assert {*flow["scopes"], "offline_access"} == set(server["scopes_supported"])


def test_the_description_names_the_resource_to_request(client: FlaskClient, document: Any) -> None:
    api = client.get("/.well-known/oauth-protected-resource").json
    assert api
    assert f"`resource={api['resource']}`" in _oauth(document)["description"]


def test_every_scope_has_a_sentence_of_its_own(document: Any) -> None:
    scopes = _oauth(document)["flows"]["authorizationCode"]["scopes"]
    assert len(set(scopes.values())) == len(scopes)
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in scopes.values())


def test_every_operation_takes_a_key_in_either_header_or_a_token_with_its_scope(document: Any) -> None:
    known = _oauth(document)["flows"]["authorizationCode"]["scopes"]
    for operation in OPERATIONS:
        scopes = [operation.description.scope] if operation.description.scope else []
        requirements = document["paths"][operation.path][operation.method.lower()]["security"]
        assert requirements == [{"key": []}, {"keyHeader": []}, {"oauth": scopes}], operation.name
        assert set(scopes) <= set(known), operation.name


def _oauth(document: Any) -> Any:
    return document["components"]["securitySchemes"]["oauth"]
