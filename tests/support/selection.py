"""Which tests a run takes, on which databases, and in which order."""

import os
from collections import Counter, defaultdict
from typing import Any

import pytest

from tests.support.servers.databases import KINDS

_LEFT_OUT = pytest.StashKey[dict[str, int]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    kinds = os.environ.get("CALMBOARD_TEST_DATABASE", "sqlite")
    parser.addoption("--database", choices=(*KINDS, "all"), default=kinds, help="the databases to run on (sqlite)")
    parser.addoption("--quick", action="store_true", help="leave out outside judges, and browsers except for the main job")
    parser.addoption("--cases", type=int, metavar="N", help="run N cases of a test")
    parser.addoption("--no-slow", action="store_true", help="with --quick: leave out what takes a second, and real servers")
    parser.addoption(
        "--deep", action="store_true", help="search longer, run every browser test on every database, and what takes long"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LEFT_OUT] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", _kinds(metafunc), indirect=True, scope="session")


def _kinds(metafunc: pytest.Metafunc) -> tuple[str, ...]:
    for mark in metafunc.definition.iter_markers("database"):
        return mark.args
    option = metafunc.config.getoption("--database")
    if option != "all":
        return (option,)
    return KINDS if _runs_on_each(metafunc) else KINDS[:1]


def _runs_on_each(metafunc: pytest.Metafunc) -> bool:
    """A browser shows the same on each database, so it costs its time on one; except for what people come for."""
    is_named = metafunc.definition.get_closest_marker("every_database") is not None
    return is_named or "browser" not in metafunc.fixturenames or metafunc.config.getoption("--deep")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Longest first, so that no process ends long after the other."""
    if not config.getoption("--deep"):
        items[:] = [item for item in items if not item.get_closest_marker("deep")]
    if config.getoption("--quick"):
        _leave_out(config, items)
    if (cases := config.getoption("--cases")) is not None:
        _thin_out(config, items, cases)
    items.sort(key=_rank)


def _leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    reasons = {item: _reason_to_leave_out(item) for item in items}
    config.stash[_LEFT_OUT] = Counter(reason for reason in reasons.values() if reason)
    items[:] = [item for item, reason in reasons.items() if reason is None]


def _thin_out(config: pytest.Config, items: list[pytest.Item], cases: int) -> None:
    """Keep some cases of each test, evenly chosen, so that all tests are run and none of them a hundred times."""
    by_test: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        by_test[item.nodeid.partition("[")[0]].append(item)
    chosen = [item for of_test in by_test.values() for item in of_test[:: max(1, -(-len(of_test) // cases))]]
    config.stash[_LEFT_OUT]["as further cases of a test"] = len(items) - len(chosen)
    items[:] = chosen


def _reason_to_leave_out(item: pytest.Item) -> str | None:
    if item.get_closest_marker("main_job"):
        return None
    if item.get_closest_marker("judge"):
        return "by outside judges"
    if _uses(item, "browser"):
        return "in a browser"
    if item.get_closest_marker("processes"):
        return "of whole processes"
    return _reason_to_thin_out(item) if item.config.getoption("--no-slow") else None


def _reason_to_thin_out(item: pytest.Item) -> str | None:
    if _uses(item, "server"):
        return "of whole processes"
    if _database(item) not in (None, item.config.getoption("--database")):
        return "of another database"
    return "that take a second or more" if item.get_closest_marker("slow") else None


def _database(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return None if callspec is None else callspec.params.get("database")


def _rank(item: pytest.Item) -> int:
    if item.get_closest_marker("judge") or item.get_closest_marker("processes"):
        return 0
    return 1 if _uses(item, "browser") or _uses(item, "server") else 2


def _uses(item: pytest.Item, fixture: str) -> bool:
    return fixture in getattr(item, "fixturenames", ())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of the run tells the one that reports what it left out."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = dict(session.config.stash[_LEFT_OUT].items())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if left_out := config.stash[_LEFT_OUT]:
        numbers = ", ".join(f"{number} {reason}" for reason, number in sorted(left_out.items()))
        terminalreporter.write_line(f"Left out: {numbers}, and all on PostgreSQL. make test runs them.", yellow=True)
