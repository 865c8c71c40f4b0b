"""The places of requests that run: few at a time, and nobody who takes long keeps the others out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Thread

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
        wait_until(lambda: places.number_present == many, "All of them")
        with places.taken() as left_s:
            assert (left_s, entered.qsize()) == (0, _FIRST)
        leave.set()
        wait_until(has(entered, many), "The others")
