"""Mutants differ from their file by one small change, and the tests run against the change."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.mutations import mutants_of, mutated_tree
from tests.mutants.targets import FIRST_TESTS, OTHER_TESTS, ROOT, first_tests, target_files


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("x = a < b", {"x = a <= b", "x = a >= b"}),
        ("x = a in b", {"x = a not in b"}),
        ("x = a and b", {"x = a or b", "x = a", "x = b"}),
        ("x = not a", {"x = a"}),
        ("x = 5", {"x = 6"}),
        ("x = True", {"x = False"}),
        ("x = 'shown to people'", set()),
        ("x = a == 'read'", {"x = a != 'read'", "x = a == 'read~'"}),
        ("x = a + b", {"x = a - b"}),
        ("x = f(a, b)", {"x = f(b, a)"}),
        ("x = max(a)", {"x = min(a)"}),
        ("x = q.is_(a)", {"x = q.is_not(a)"}),
        ("x = q.where(a)", set()),
        ("x = q.where(a.is_(None), b)", {"x = q.where(b)", "x = q.where(a.is_(None))", "x = q.where(a.is_not(None), b)"}),
        ("f()", {"pass"}),
        ("raise Refused", {"pass"}),
        ("x: int = y", set()),
        ("__all__ = ['a', 1]", set()),
    ],
)
def test_a_line_has_these_changes(tmp_path: Path, line: str, changes: set[str]) -> None:
    path = tmp_path / "line.py"
    path.write_text(line)
    assert {mutant.after for mutant in mutants_of(path)} == changes
    trees = [mutated_tree(path, mutant.index) for mutant in mutants_of(path)]
    assert {ast.unparse(tree) for tree in trees} == changes
    assert all(compile(tree, "line.py", "exec") for tree in trees)


def test_a_condition_and_a_result_have_faults_inside_a_function(tmp_path: Path) -> None:
    path = tmp_path / "function.py"
    path.write_text("def f(a):\n    if a:\n        return a\n    return None")
    assert [(mutant.line, mutant.before, mutant.after) for mutant in mutants_of(path)] == [
        (2, "if a:", "if not a:"),
        (3, "return a", "return None"),
    ]


@pytest.mark.judge
def test_the_tests_of_a_file_notice_its_fault_and_pass_without_it() -> None:
    """In a process of its own: this one has imported the file as it is."""
    program = (
        "from tests.mutants.forks import notices; from tests.mutants.mutations import mutants_of; import pathlib; "
        "change = next(m for m in mutants_of(pathlib.Path.cwd() / 'calmboard/ids.py') if m.operator == 'returned_nothing'); "
        "print([notices(['tests/calmboard/test_ids.py'], mutant, 120) is None for mutant in (None, change)])"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[True, False]"


def test_each_file_that_is_mutated_has_tests_that_exist() -> None:
    named = {test for tests in FIRST_TESTS.values() for test in tests} | set(OTHER_TESTS)
    assert [test for test in sorted(named) if not (ROOT / test).exists()] == []
    assert [start for start in FIRST_TESTS if not (ROOT / start).exists()] == []
    assert all(first_tests(path) for path in target_files())
