"""Random numbers for what a picture is decorated with: of its own seed, so that a key has one picture."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_thrown: ContextVar[random.Random | None] = ContextVar("cattlegrid_dice", default=None)
_system = random.SystemRandom()


def dice() -> random.Random:
    """While a picture is drawn, a generator that its seed began; else the system's random source."""
    return _thrown.get() or _system


@contextmanager
def begun_with(seed: bytes) -> Iterator[None]:
    """Has `dice` throw what follows from the seed."""
    # Why: nothing here is kept secret by this generator; the seed is, and it begins with that.
    token = _thrown.set(random.Random(seed))  # noqa: S311
    try:
        yield
    finally:
        _thrown.reset(token)
