"""Views that run only when something else has let the request through."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from flask import Flask, current_app, request

from cattlegrid import ConfigurationError
from cattlegrid._site.site import Site
from cattlegrid._site.token import is_guarded

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Guard:
    """A decorator of views."""

    name: str
    """As sites write it."""
    check: Callable[[], object]
    """Raises what stops the request."""
    check_async: Callable[[], Awaitable[object]]
    """The same for coroutine functions."""
    prepare: Callable[[Site], object]
    """Raises `ConfigurationError` where the site cannot have it."""
    methods: frozenset[str] | None = None
    """Those that it stands before, HEAD with GET; by default all that change something."""

    def __call__(self, view: View) -> View:
        """`view`, a coroutine function or not, behind the check."""
        self._note_bare(view)
        if inspect.iscoroutinefunction(view):

            @functools.wraps(view)
            async def guarded_async(*args: Any, **kwargs: Any) -> Any:
                if is_guarded(request.method, self.methods):
                    await self.check_async()
                return await view(*args, **kwargs)

            _guards[guarded_async] = self
            return cast("View", guarded_async)

        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if is_guarded(request.method, self.methods):
                self.check()
            return view(*args, **kwargs)

        _guards[guarded] = self
        return cast("View", guarded)

    def _note_bare(self, view: object) -> None:
        for bare in _wrapped(view):
            _bare_views[bare] = self


def _wrapped(view: object) -> Iterator[Callable[..., Any]]:
    """The function, and those that it stands before."""
    while inspect.isfunction(view):
        yield view
        view = getattr(view, "__wrapped__", None)


_guards: WeakKeyDictionary[Callable[..., Any], Guard] = WeakKeyDictionary()

# Why: a decorator above the route leaves the route with the bare view, and nobody would notice.
_bare_views: WeakKeyDictionary[Callable[..., Any], Guard] = WeakKeyDictionary()


def refuse_bare_views() -> None:
    """Before each request: raises `ConfigurationError` if a guard stands above the view's route."""
    view = current_app.view_functions.get(request.endpoint or "")
    guard = _bare_views.get(view) if inspect.isfunction(view) else None
    if guard is not None and is_guarded(request.method, guard.methods):
        raise ConfigurationError(
            f"the route of {request.endpoint} leads past @{guard.name}: put the decorator below @app.route"
        )


def prepare_guards(app: Flask, site: Site) -> None:
    """Before an app's first request: raises `ConfigurationError` for a guard that the site cannot have."""
    for view in app.view_functions.values():
        for function in _wrapped(view):
            guard = _guards.get(function)
            if guard is not None:
                guard.prepare(site)
