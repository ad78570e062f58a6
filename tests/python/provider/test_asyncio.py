"""Awaiting a verification."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any, Callable

import pytest

from cattlegrid import ConfigurationError, Passed, Refused, Verifier

from .stand_in import Provider, Question, says

Make = Callable[..., Verifier]
PATIENCE = 30.0


async def outcome(verifier: Verifier, token: str) -> str:
    """`passed`, or the code."""
    try:
        await verifier.verify_async(token)
    except Refused as refused:
        return refused.code
    return "passed"


def test_it_passes_or_raises_as_the_other_does(make: Make, provider: Provider) -> None:
    async def main() -> None:
        verifier = make(hostnames=["example.org"])
        provider.answer = says({"success": True, "hostname": "example.org", "action": "login"})
        passed = await verifier.verify_async("token", remote_ip="::1", action="login")
        assert isinstance(passed, Passed)
        assert passed.hostname == "example.org"
        assert provider.asked[0]["remoteip"] == "::1"
        with pytest.raises(Refused, match="already-seen-response"):
            await verifier.verify_async("token")
        with pytest.raises(Refused, match="invalid-input-response"):
            await verifier.verify_async("a b")
        with pytest.raises(ConfigurationError):
            await verifier.verify_async("token", action="a b")
        await verifier.claim_async("let-through")
        with pytest.raises(Refused, match="already-seen-response"):
            await verifier.claim_async("let-through")

    asyncio.run(main())


def test_the_loop_goes_on_meanwhile(make: Make, provider: Provider) -> None:
    ticked = threading.Event()

    def answer(question: Question) -> None:
        assert ticked.wait(PATIENCE)
        says({"success": True})(question)

    async def main() -> None:
        verification = asyncio.ensure_future(outcome(make(), "token"))
        await asyncio.sleep(0)
        assert not verification.done()
        ticked.set()
        assert await verification == "passed"

    provider.answer = answer
    asyncio.run(main())


def test_of_64_tasks_one_gets_through(make: Make) -> None:
    async def main() -> Counter[str]:
        verifier = make()
        return Counter(await asyncio.gather(*(outcome(verifier, "token") for _ in range(64))))

    assert asyncio.run(main()) == {"passed": 1, "already-seen-response": 63}


def test_a_verifier_outlives_its_loop(make: Make) -> None:
    verifier = make()
    assert asyncio.run(outcome(verifier, "one")) == "passed"
    assert asyncio.run(outcome(verifier, "two")) == "passed"
    assert verifier.verify("three").provider == "turnstile"


def test_whoever_waits_may_give_up(make: Make, provider: Provider) -> None:
    over = threading.Event()

    def answer(question: Question) -> None:
        assert over.wait(PATIENCE)
        says({"success": True})(question)

    async def main() -> None:
        verifier = make()
        verification = asyncio.ensure_future(outcome(verifier, "token"))
        while not provider.asked:
            await asyncio.sleep(0)
        verification.cancel()
        with pytest.raises(asyncio.CancelledError):
            await verification
        over.set()
        assert await outcome(verifier, "another") == "passed"

    provider.answer = answer
    asyncio.run(main())


def test_without_a_loop_there_is_nobody_to_tell(make: Make) -> None:
    verifier: Any = make()
    with pytest.raises(RuntimeError, match="no running event loop"):
        verifier.verify_async("token")
