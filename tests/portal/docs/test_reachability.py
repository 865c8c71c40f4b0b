"""Whether a tool can reach this CalmBoard, judged by its address alone."""

import pytest

from connectors import find_providers
from portal.shared.reachability import unreachable_reason

_RECIPES = {recipe.slug: recipe for provider in find_providers() for recipe in provider.recipes}
_CLOUDS = ("jira", "trello", "teams", "github-actions")


@pytest.mark.parametrize("recipe", _CLOUDS)
@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("http://127.0.0.1:8000", "its own machine"),
        ("http://localhost:8000", "its own machine"),
        ("https://[::1]:8443", "its own machine"),
        ("https://board.localhost", "its own machine"),
        ("https://10.1.2.3", "your own network"),
        ("https://192.168.1.20:8443", "your own network"),
        ("https://172.16.0.9", "your own network"),
        ("https://169.254.7.7", "your own network"),
        ("https://100.64.0.1", "your own network"),
        ("https://[fd00::1]", "your own network"),
        ("https://board", "your own network"),
        ("https://board.internal", "your own network"),
        ("https://board.local", "your own network"),
        ("http://board.harbour.example", "over http"),
        ("http://8.8.8.8", "over http"),
    ],
)
def test_a_tool_in_a_cloud_is_told_what_keeps_it_out(recipe: str, origin: str, words: str) -> None:
    sentence = unreachable_reason(origin, _RECIPES[recipe].cloud)
    assert sentence
    assert words in sentence
    assert "CALMBOARD_PUBLIC_URL" in sentence


@pytest.mark.parametrize("recipe", _CLOUDS)
@pytest.mark.parametrize("origin", ["https://board.harbour.example", "https://board.harbour.example:8443", "https://8.8.8.8"])
def test_a_public_https_address_is_reached(recipe: str, origin: str) -> None:
    assert unreachable_reason(origin, _RECIPES[recipe].cloud) is None


@pytest.mark.parametrize("port", [80, 443, 6017, 7990, 8060, 8080, 8085, 8090, 8443, 8444, 8900, 9900])
def test_jira_calls_twelve_ports(port: int) -> None:
    assert unreachable_reason(f"https://board.harbour.example:{port}", _RECIPES["jira"].cloud) is None


@pytest.mark.parametrize("port", [22, 444, 3000, 8000, 8081, 9000])
def test_jira_calls_no_other_port_and_the_others_do(port: int) -> None:
    sentence = unreachable_reason(f"https://board.harbour.example:{port}", _RECIPES["jira"].cloud)
    assert sentence
    assert f"does not call port {port}" in sentence
    assert unreachable_reason(f"https://board.harbour.example:{port}", _RECIPES["trello"].cloud) is None


@pytest.mark.parametrize("recipe", ["asana", "slack", "agent", "curl", "python", "node", "n8n"])
def test_what_runs_on_machines_of_the_reader_may_reach_any_address(recipe: str) -> None:
    assert unreachable_reason("http://127.0.0.1:8000", _RECIPES[recipe].cloud) is None
