"""The table of what CalmBoard works with is what the tests show."""

import pytest

from tests.support.compatibility import COLLECTED, TABLE, render

pytestmark = pytest.mark.database("sqlite")


def test_the_table_of_compatibility_agrees_with_the_tests(pytestconfig: pytest.Config) -> None:
    rows = pytestconfig.stash[COLLECTED]
    written = TABLE.read_text(encoding="utf-8")
    assert set(render(rows).splitlines()) <= set(written.splitlines()), "pytest --collect-only --compatibility writes it"
    if not pytestconfig.option.file_or_dir:
        assert written == render(rows)
