"""What is made at its first use, by one thread."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cattlegrid._site.once import Once


def test_of_eight_threads_one_makes_it() -> None:
    made: list[object] = []
    together = threading.Barrier(8)

    def make() -> object:
        made.append(object())
        return made[-1]

    once = Once(make)

    def get(_: int) -> object:
        together.wait()
        return once.get()

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(get, range(8)))
    assert found == set(made)
    assert len(made) == 1


def test_what_could_not_be_made_is_tried_again() -> None:
    outcomes = iter([KeyError, None])

    def make() -> None:
        error = next(outcomes)
        if error is not None:
            raise error

    once = Once(make)
    with pytest.raises(KeyError):
        once.get()
    assert once.get() is None
    assert once.get() is None


def test_nobody_waits_for_what_is_made() -> None:
    once = Once(lambda: "made")
    once.get()
    with once._lock:
        assert once.get() == "made"
