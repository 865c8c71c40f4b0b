"""What search engines and tabs show of a public page: a title and a description of its own."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

pytestmark = pytest.mark.database("sqlite")

_PAGES = [
    "/sign-in",
    "/forgot-password",
    "/docs/errors",
    "/docs/api",
    "/docs/api/tasks",
    "/docs/api/sprints",
    "/docs/api/tasks/change-task",
    "/docs/api/tasks/change-task-by-put",
    "/docs/mcp",
    "/docs/recipes",
    "/docs/recipes/jira",
    "/docs/recipes/n8n",
]


def test_each_public_page_has_a_title_and_a_description_of_its_own(client: FlaskClient) -> None:
    heads = [client.get(path).text.partition("</head>")[0] for path in _PAGES]
    titles = [re.findall(r"<title>(.+?)</title>", head) for head in heads]
    descriptions = [re.findall(r'<meta name="description" content="([^"]+)">', head) for head in heads]
    assert [len(found) for found in (*titles, *descriptions)] == [1] * 2 * len(_PAGES)
    assert len({found[0] for found in titles}) == len(_PAGES)
    assert len({found[0] for found in descriptions}) == len(_PAGES)
    assert [text for [text] in descriptions if not 50 <= len(unescape(text)) <= 320] == []
