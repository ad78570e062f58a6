"""Outcomes that a test suite has put in the place of real checks, for all threads of its process."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from cattlegrid import ConfigurationError
from cattlegrid._site.settings import Settings
from cattlegrid._site.verification import Verification

Outcome = Callable[[str], Verification]
"""Given the provider's name: what the check returns, or raises."""

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Why: neither a context variable nor a thread's own: a test's client may run the view in another thread. And
# without a lock, which a forked process could find locked: each step below is one of the list's own.
_outcomes: list[Outcome] = []
_passes: list[None] = []


def outcome(settings: Settings) -> Outcome | None:
    """What is staged in the place of the CAPTCHA's check, if anything is: of several, what was entered last.

    Raises `ConfigurationError` where something is staged for a site that is not being tested.
    """
    staged = _outcomes[-1:]
    if not staged:
        return None
    _refuse_unless_tested(settings)
    return staged[0]


def layers_pass(settings: Settings) -> bool:
    """Whether it is staged that no other layer refuses anything. Raises as `outcome` does."""
    if not _passes:
        return False
    _refuse_unless_tested(settings)
    return True


def _refuse_unless_tested(settings: Settings) -> None:
    if not settings.testing:
        raise ConfigurationError(
            "cattlegrid.testing decides in the place of real checks only where CATTLEGRID says TESTING: True"
        )


class Staged:
    """Puts something in the place of real checks, as context manager or decorator. May be entered again."""

    def __init__(self, what: object, stack: list[Any]) -> None:
        self._what = what
        self._stack = stack

    @classmethod
    def check(cls, outcome: Outcome) -> Staged:
        """An outcome in the place of every check of a response token."""
        return cls(outcome, _outcomes)

    @classmethod
    def layers(cls) -> Staged:
        """A pass in the place of every other layer's."""
        return cls(None, _passes)

    def __enter__(self) -> None:
        self._stack.append(self._what)

    def __exit__(self, *_: object) -> None:
        self._stack.remove(self._what)

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
