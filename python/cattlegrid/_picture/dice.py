"""Random numbers for what a picture is decorated with: of its own seed, so that a key has one picture."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property


class _Seeded:
    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    @cached_property
    def generator(self) -> random.Random:
        # Why: nothing is kept secret by this generator; the seed is, and it begins with that. Made when it is
        # first asked for, since most pictures are drawn without it.
        return random.Random(self._seed)  # noqa: S311


_system = random.SystemRandom()
_current: ContextVar[_Seeded | None] = ContextVar("cattlegrid_dice", default=None)


def dice() -> random.Random:
    """While a picture is drawn, a generator that its seed began; else the system's random source."""
    current = _current.get()
    return _system if current is None else current.generator


@contextmanager
def begun_with(seed: bytes) -> Iterator[None]:
    """Has `dice` throw what follows from the seed."""
    token = _current.set(_Seeded(seed))
    try:
        yield
    finally:
        _current.reset(token)
