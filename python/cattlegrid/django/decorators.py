"""`require_captcha`: the view runs only for requests whose token passes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast, overload

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cattlegrid._site.refusal import refusal
from cattlegrid._site.token import SAFE_METHODS
from cattlegrid._site.verification import Undecided
from cattlegrid.django import requests
from cattlegrid.django.guarded import Finish, Stopped, as_it_is, guarded, refusing

_View = TypeVar("_View", bound=Callable[..., Any])


@overload
def require_captcha(view: _View) -> _View: ...


@overload
def require_captcha(*, action: str | None = None) -> Callable[[_View], _View]: ...


def require_captcha(view: _View | None = None, *, action: str | None = None) -> Any:
    """Decorates a view, a coroutine function or a class of views.

    Requests that may change something (any but GET, HEAD, OPTIONS and TRACE) need a response token, in the
    provider's form field, under that name or as `captcha` in a JSON body, or in the header
    `X-Captcha-Response`. The view finds the `Verification` as `request.captcha`. Without a token the answer
    is 400, with a refused one 403, and 503 when nobody could decide: JSON, `{"error-codes": […]}`, unless the
    client asks for HTML. `action` stands in for that of the settings.
    """
    guard = _Captcha(action)
    return functools.partial(guarded, guard=guard) if view is None else guarded(view, guard)


class _Captcha:
    def __init__(self, action: str | None) -> None:
        self._action = action

    def check(self, request: HttpRequest) -> Finish:
        if request.method not in SAFE_METHODS:
            found = requests.check(request, requests.token(request), self._action)
            request.captcha = found  # type: ignore[attr-defined]
        return as_it_is

    async def check_async(self, request: HttpRequest) -> Finish:
        if request.method not in SAFE_METHODS:
            found = await requests.check_async(request, requests.token(request), self._action)
            request.captcha = found  # type: ignore[attr-defined]
        return as_it_is

    def answer(self, request: HttpRequest, error: Stopped) -> HttpResponseBase:
        return refusing(request, refusal(cast("Undecided", error)))
