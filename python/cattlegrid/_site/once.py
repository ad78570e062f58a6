"""What is made at its first use, by one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_Made = TypeVar("_Made")


class Once(Generic[_Made]):
    """Something that `make` makes, once."""

    def __init__(self, make: Callable[[], _Made]) -> None:
        self._make = make
        self._made: list[_Made] = []
        self._lock = threading.Lock()

    def get(self) -> _Made:
        """What was made, or is now. Raises what `make` raises, and has it try again then."""
        # Why not all of it behind the lock: a process forked while a thread has it finds it locked for ever.
        if not self._made:
            with self._lock:
                if not self._made:
                    self._made.append(self._make())
        return self._made[0]
