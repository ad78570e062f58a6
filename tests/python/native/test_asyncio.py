"""A gate on asyncio."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import Counter
from collections.abc import Awaitable
from typing import Callable

import pytest

from cattlegrid import Challenge, Gate, Refused

from .conftest import outcome

AnswerTo = Callable[[Challenge], str]


async def awaited(attempt: Awaitable[object]) -> str:
    """`passed`, or the code of what was raised."""
    try:
        await attempt
    except Refused as refused:
        return refused.code
    return "passed"


def test_it_answers_and_verifies(gate: Gate, answer_to: AnswerTo) -> None:
    async def visit() -> None:
        challenge = gate.issue(action="sign-up")
        token = await gate.answer_async(challenge.key, answer_to(challenge), hostname="shop.example")
        passed = await gate.verify_async(token, action="sign-up")
        assert (passed.hostname, passed.action) == ("shop.example", "sign-up")
        assert await awaited(gate.verify_async(token)) == "already-seen-response"
        assert await awaited(gate.answer_async("no key", "x")) == "unknown-key"

    asyncio.run(visit())


def test_of_many_at_once_one_passes(gate: Gate, answer_to: AnswerTo) -> None:
    challenge = gate.issue()
    right = answer_to(challenge)

    async def race() -> Counter[str]:
        attempts = [awaited(gate.answer_async(challenge.key, right)) for _ in range(500)]
        return Counter(await asyncio.gather(*attempts))

    assert asyncio.run(race()) == {"passed": 1, "spent-key": 499}


def test_the_loop_goes_on_meanwhile(gate: Gate) -> None:
    async def busy() -> int:
        turns = 0
        answer = asyncio.ensure_future(gate.answer_async(gate.issue().key, "x"))
        while not answer.done():
            turns += 1
            await asyncio.sleep(0)
        assert isinstance(answer.exception(), Refused)
        return turns

    assert asyncio.run(busy()) > 0


def test_who_cancels_hears_no_more(gate: Gate) -> None:
    raised: list[object] = []

    async def impatient() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context))
        key = gate.issue().key
        waiting = asyncio.ensure_future(gate.answer_async(key, "x"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        # Whichever of the two claims came first has spent the key.
        assert await awaited(gate.answer_async(key, "x")) in {"spent-key", "wrong-answer"}
        assert await awaited(gate.answer_async(key, "x")) == "spent-key"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "excepthook", raised.append)
        asyncio.run(impatient())
        gc.collect()
    assert raised == []


def test_a_loop_that_is_closed_is_left_alone(gate: Gate) -> None:
    async def leave() -> None:
        gate.answer_async(gate.issue().key, "x")

    for _ in range(50):
        asyncio.run(leave())
    gc.collect()
    assert outcome(lambda: gate.answer(gate.issue().key, "x")) == "wrong-answer"


def test_each_loop_gets_what_it_asked_for(gate: Gate) -> None:
    outcomes: Counter[str] = Counter()

    def loop() -> None:
        async def visits() -> list[str]:
            keys = [gate.issue().key for _ in range(100)]
            return await asyncio.gather(*(awaited(gate.answer_async(key, "x")) for key in keys))

        outcomes.update(asyncio.run(visits()))

    threads = [threading.Thread(target=loop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"wrong-answer": 200}


def test_without_a_loop_it_says_so(gate: Gate) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        gate.verify_async("token")
