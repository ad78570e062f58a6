"""What is done after the answer: by threads of this process, of which there are few, in their order."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

_log = logging.getLogger("cattlegrid")

Work = Callable[[], None]

MOST_WAITING = 1024
"""More than this is not taken."""
AT_A_TIME = 4
"""How many threads there are at most; the first is started by the first work."""
LONGEST_EXIT = 10.0
"""In seconds: how long a process that ends goes on with what it has taken."""


class Outbox:
    """Work that waits, and the threads that do it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[Work] = deque()
        self._threads = 0
        self._idle = 0
        self._closing = threading.Event()

    @property
    def is_full(self) -> bool:
        """Whether nothing more is taken for now."""
        return len(self._waiting) >= MOST_WAITING

    def put(self, work: Work) -> bool:
        """Has it done, later. False when nothing more is taken for now."""
        with self._changed:
            if self.is_full:
                return False
            if self._idle <= len(self._waiting) and self._threads < AT_A_TIME:
                self._start_thread()
            if not self._threads:
                return False
            self._waiting.append(work)
            self._changed.notify_all()
        return True

    def pause(self, seconds: float) -> None:
        """Has work wait, though not at the process's end."""
        self._closing.wait(seconds)

    def finish(self, seconds: float) -> int:
        """Waits until everything is done, for so long at most. How much is not."""
        with self._changed:
            self._changed.wait_for(lambda: not self._left(), seconds)
            return self._left()

    def close(self) -> None:
        """At the process's end: finishes what it can."""
        self._closing.set()
        left = self.finish(LONGEST_EXIT)
        if left:
            _log.error("%d letters were not sent before the process ended", left)

    def _start_thread(self) -> None:
        # Why: no more threads can be had at the end of the process, or when there are too many already.
        with suppress(RuntimeError):
            threading.Thread(target=self._work, name="cattlegrid-outbox", daemon=True).start()
            self._threads += 1

    def _left(self) -> int:
        return len(self._waiting) + self._threads - self._idle

    def _work(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                self._idle -= 1
                work = self._waiting.popleft()
            try:
                work()
            except BaseException as error:
                # Why all: each thread that ends would be one less. Why not its text: it may have an address.
                _log.error("what was to be done after an answer failed: %s", type(error).__name__)
            # Why: else whom it was about would be kept in memory until there is something else to do.
            del work


_outbox = Outbox()


def outbox() -> Outbox:
    """This process's own."""
    return _outbox


def _forget() -> None:
    # Why: threads are not forked, and what waits is the parent's to do.
    global _outbox
    _outbox = Outbox()


os.register_at_fork(after_in_child=_forget)
atexit.register(lambda: _outbox.close())
