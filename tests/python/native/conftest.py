"""Gates to test, and what their challenges ask."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest

from cattlegrid import Challenge, Gate, Refused, generate_secret

SECRET = generate_secret()
THREADS = 8


@pytest.fixture
def store(request: pytest.FixtureRequest, store_named: Callable[[str], str]) -> str:
    return store_named(getattr(request, "param", "sqlite"))


@pytest.fixture
def make(store: str) -> Callable[..., Gate]:
    """A gate, with what the test wants otherwise."""

    def make(**wanted: Any) -> Gate:
        return Gate(**{"secret": SECRET, "store": store, **wanted})

    return make


@pytest.fixture
def gate(make: Callable[..., Gate]) -> Gate:
    return make()


@pytest.fixture
def answer_to(answer_of: Callable[[str, str], str]) -> Callable[[Challenge], str]:
    """The right answer."""
    return lambda challenge: answer_of(challenge.key, SECRET)


@pytest.fixture
def earn(answer_to: Callable[[Challenge], str]) -> Callable[..., str]:
    """A response token that was truly earned: `earn(gate, action=…, hostname=…)`."""

    def earn(gate: Gate, *, action: str | None = None, hostname: str | None = None) -> str:
        challenge = gate.issue(action=action)
        return gate.answer(challenge.key, answer_to(challenge), hostname=hostname)

    return earn


def outcome(attempt: Callable[[], object]) -> str:
    """`passed`, or the code of what was raised."""
    try:
        attempt()
    except Refused as refused:
        return refused.codes[0]
    return "passed"


def at_once(attempt: Callable[[], object]) -> Counter[str]:
    """What becomes of as many attempts as there are threads, all at the same moment."""
    start = threading.Barrier(THREADS)

    def run(_: int) -> str:
        start.wait()
        return outcome(attempt)

    with ThreadPoolExecutor(THREADS) as threads:
        return Counter(threads.map(run, range(THREADS)))
