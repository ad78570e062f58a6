"""Outcomes that a test suite has put in the place of real checks, for all threads of its process."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from cattlegrid._site.verification import Verification

Outcome = Callable[[str], Verification]
"""Given the provider's name: what the check returns, or raises."""

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Why: neither a context variable nor a thread's own: a test's client may run the view in another thread.
_stack: list[Outcome] = []
_lock = threading.Lock()


def current() -> Outcome | None:
    """The outcome that is staged, if one is: of several, the one that was entered last."""
    with _lock:
        return _stack[-1] if _stack else None


class Staged:
    """Puts an outcome in the place of every check, as context manager or decorator. May be entered again."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def __enter__(self) -> None:
        with _lock:
            _stack.append(self._outcome)

    def __exit__(self, *_: object) -> None:
        with _lock:
            _stack.remove(self._outcome)

    def __call__(self, function: _Function) -> _Function:
        """`function`, a coroutine function or not, with the outcome staged while it runs."""
        if inspect.isclass(function):
            raise TypeError("decorate the test functions, not their class")
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def staged_async(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

            return cast("_Function", staged_async)

        @functools.wraps(function)
        def staged(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return cast("_Function", staged)
