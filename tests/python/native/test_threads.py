"""One gate, many threads."""

from __future__ import annotations

from typing import Callable

from cattlegrid import Challenge, Gate

from .conftest import THREADS, at_once

ROUNDS = 20


def test_of_eight_threads_one_passes(gate: Gate, answer_to: Callable[[Challenge], str]) -> None:
    for _ in range(ROUNDS):
        challenge = gate.issue()
        right = answer_to(challenge)
        tokens: list[str] = []
        answers = at_once(lambda: tokens.append(gate.answer(challenge.key, right)))  # noqa: B023
        assert answers == {"passed": 1, "spent-key": THREADS - 1}
        verified = at_once(lambda: gate.verify(tokens[0]))  # noqa: B023
        assert verified == {"passed": 1, "already-seen-response": THREADS - 1}


def test_a_first_claim_of_many_threads_opens_the_store_once_for_all(
    make: Callable[..., Gate], answer_to: Callable[[Challenge], str]
) -> None:
    for _ in range(ROUNDS):
        gate = make()
        challenge = gate.issue()
        right = answer_to(challenge)
        answers = at_once(lambda: gate.answer(challenge.key, right))  # noqa: B023
        assert answers == {"passed": 1, "spent-key": THREADS - 1}
