"""The places of requests that run: few at a time, and nobody who takes long keeps the others out."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from threading import Event, Thread

import pytest

from tests.support.servers.programs import wait_until
from web.serving.places import Places

_FIRST = 2


@contextmanager
def running(places: Places, number: int) -> Iterator[tuple[SimpleQueue[int], Event]]:
    """So many requests that each take a place and keep it until told to leave; the queue tells who got one."""
    entered: SimpleQueue[int] = SimpleQueue()
    leave = Event()

    def run(request: int) -> None:
        with places.taken():
            entered.put(request)
            leave.wait(10)

    threads = [Thread(target=run, args=(request,)) for request in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield entered, leave
    finally:
        leave.set()
        for thread in threads:
            thread.join(10)


def has(entered: SimpleQueue[int], number: int) -> Callable[[], bool]:
    return lambda: entered.qsize() == number


def are_present(places: Places, number: int) -> Callable[[], bool]:
    return lambda: places.number_present == number


def after_giving_up(places: Places, is_so: Callable[[], bool]) -> Callable[[], bool]:
    def look() -> bool:
        places.give_up_long_taken()
        return is_so()

    return look


def test_as_many_run_as_there_are_places() -> None:
    with running(Places(), _FIRST + 3) as (entered, leave):
        wait_until(has(entered, _FIRST), "The first")
        assert entered.qsize() == _FIRST
        leave.set()
        wait_until(has(entered, _FIRST + 3), "The others")


def test_who_takes_long_lets_others_run_beside() -> None:
    places = Places()
    with running(places, _FIRST + 1) as (entered, _):
        wait_until(has(entered, _FIRST), "The first")
        wait_until(after_giving_up(places, has(entered, _FIRST + 1)), "The third")


def test_a_place_that_was_given_up_comes_back_once() -> None:
    places = Places()
    with running(places, _FIRST) as (entered, _):
        wait_until(has(entered, _FIRST), "The first")
        wait_until(after_giving_up(places, lambda: len(places._given_up) == _FIRST), "All given up")

    with running(places, _FIRST + 3) as (entered, _):
        wait_until(has(entered, _FIRST), "The next")
        assert entered.qsize() == _FIRST


def test_where_nobody_leaves_those_who_are_too_many_go_on_without_a_place() -> None:
    places, many = Places(), _FIRST + 64
    with running(places, many) as (entered, leave):
        wait_until(are_present(places, many), "All of them")
        with places.taken() as left_s:
            assert (left_s, entered.qsize()) == (0, _FIRST)
        leave.set()
        wait_until(has(entered, many), "The others")


def test_nobody_who_comes_now_passes_one_who_waits() -> None:
    places = Places()
    with ExitStack() as until_end:
        entered, _ = until_end.enter_context(running(places, _FIRST - 1))
        wait_until(has(entered, _FIRST - 1), "All but one place")
        with places.taken():
            entered, leave = until_end.enter_context(running(places, 1))
            wait_until(are_present(places, _FIRST + 1), "The one who waits")
            leave.set()
        with places.taken():
            assert entered.qsize() == 1


def test_those_who_wait_run_in_the_order_in_which_they_came() -> None:
    places = Places()
    with ExitStack() as until_end:
        _, leave = until_end.enter_context(running(places, _FIRST))
        waiting = []
        for number in range(1, 4):
            waiting.append(until_end.enter_context(running(places, 1))[0])
            wait_until(are_present(places, _FIRST + number), "One more")
        leave.set()
        wait_until(lambda: sum(entered.qsize() for entered in waiting) == _FIRST, "Those who were first")
        assert [entered.qsize() for entered in waiting] == [1, 1, 0]


def test_a_place_that_came_too_late_for_one_goes_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.serving.places._LONGEST_WAIT_S", 0.05)
    places = Places()
    with running(places, _FIRST) as (entered, _):
        wait_until(has(entered, _FIRST), "The first")
        with places.taken() as left_s:
            assert left_s == 0
    with running(places, _FIRST) as (entered, _):
        wait_until(has(entered, _FIRST), "The next")
