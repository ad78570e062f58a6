"""A view behind a guard, whatever kind of view it is; and what a request gets that the guard stops."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol, Union, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from cattlegrid import Refused, Unavailable
from cattlegrid._site.refusal import Refusal, wants_json
from cattlegrid._site.verification import Limited, Missing

Stopped = Union[Missing, Refused, Unavailable, Limited]
"""What a guard raises for a request that is not to reach the view."""

STOPPED = (Missing, Refused, Unavailable, Limited)
"""The same, as Python 3.9 can catch it."""

Finish = Callable[[HttpResponseBase], object]
"""What is left to do with the view's response."""


def as_it_is(response: HttpResponseBase) -> None:
    """Leaves nothing to do."""


class Guard(Protocol):
    """Stands before a view."""

    def check(self, request: HttpRequest) -> Finish:
        """Lets a request through, or raises one of `STOPPED`."""

    async def check_async(self, request: HttpRequest) -> Finish:
        """`check` for coroutine functions."""

    def answer(self, request: HttpRequest, error: Stopped) -> HttpResponseBase:
        """The response in the place of the view's."""


def guarded(view: Any, guard: Guard) -> Any:
    """The view, a coroutine function or a class of views, behind the guard."""
    if inspect.isclass(view):
        return _class(view, guard)
    return (_async if iscoroutinefunction(view) else _sync)(view, guard)


def refusing(request: HttpRequest, found: Refusal) -> HttpResponse:
    """The response to a refused request: JSON, or a line of text for who asks for HTML."""
    if wants_json(request.headers.get("Accept", "")):
        return JsonResponse({"error-codes": found.codes}, status=found.status, headers=found.headers)
    text = gettext(found.message)
    return HttpResponse(text, "text/plain; charset=utf-8", status=found.status, headers=found.headers)


def _class(view: Any, guard: Guard) -> Any:
    dispatch = view.dispatch

    @functools.wraps(dispatch)
    def checked(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        wrap = _async if getattr(type(self), "view_is_async", False) else _sync
        return wrap(functools.partial(dispatch, self), guard)(request, *args, **kwargs)

    view.dispatch = checked
    return view


def _sync(view: Callable[..., Any], guard: Guard) -> Callable[..., Any]:
    @functools.wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            finish = guard.check(request)
        except STOPPED as error:
            return guard.answer(request, error)
        response = cast("HttpResponseBase", view(request, *args, **kwargs))
        finish(response)
        return response

    return checked


def _async(view: Callable[..., Any], guard: Guard) -> Callable[..., Any]:
    @functools.wraps(view)
    async def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            finish = await guard.check_async(request)
        except STOPPED as error:
            return guard.answer(request, error)
        response = cast("HttpResponseBase", await view(request, *args, **kwargs))
        finish(response)
        return response

    return checked
