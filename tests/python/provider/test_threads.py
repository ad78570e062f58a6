"""One verifier, many threads."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

from cattlegrid import Refused, Verifier

from .stand_in import Provider, Question, says

Make = Callable[..., Verifier]
PATIENCE = 30.0


def outcome(verifier: Verifier, token: str) -> str:
    """`passed`, or the code."""
    try:
        verifier.verify(token)
    except Refused as refused:
        return refused.code
    return "passed"


def test_of_64_threads_one_gets_through(make: Make) -> None:
    verifier = make()
    with ThreadPoolExecutor(64) as threads:
        outcomes = Counter(threads.map(lambda _: outcome(verifier, "token"), range(64)))
    assert outcomes == {"passed": 1, "already-seen-response": 63}


def test_other_threads_run_meanwhile(make: Make, provider: Provider) -> None:
    # Why this proves it: the provider is another thread of this interpreter, silent until a third one ran.
    asked, ran = threading.Event(), threading.Event()

    def answer(question: Question) -> None:
        asked.set()
        assert ran.wait(PATIENCE)
        says({"success": True})(question)

    def run() -> None:
        assert asked.wait(PATIENCE)
        ran.set()

    provider.answer = answer
    third = threading.Thread(target=run)
    third.start()
    assert outcome(make(), "token") == "passed"
    third.join()


def test_a_slow_token_does_not_hold_up_another(make: Make, provider: Provider) -> None:
    done = threading.Event()

    def answer(question: Question) -> None:
        if provider.asked[-1]["response"] == "slow":
            assert done.wait(PATIENCE)
        says({"success": True})(question)

    provider.answer = answer
    verifier = make()
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(outcome, verifier, "slow")
        while not provider.asked:
            pass
        assert outcome(verifier, "fast") == "passed"
        done.set()
        assert slow.result(PATIENCE) == "passed"
