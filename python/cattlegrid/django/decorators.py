"""`require_captcha`: the view runs only for requests whose token passes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast, overload

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext

from cattlegrid import Refused, Unavailable
from cattlegrid._site.refusal import refusal, wants_json
from cattlegrid._site.token import SAFE_METHODS
from cattlegrid._site.verification import Missing, Undecided
from cattlegrid.django import requests

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
    if view is None:
        return functools.partial(_required, action=action)
    return _required(view, action=action)


def _required(view: Any, *, action: str | None) -> Any:
    if inspect.isclass(view):
        return _class(view, action)
    return (_async if iscoroutinefunction(view) else _sync)(view, action)


def _class(view: Any, action: str | None) -> Any:
    dispatch = view.dispatch

    @functools.wraps(dispatch)
    def checked(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        wrap = _async if getattr(type(self), "view_is_async", False) else _sync
        return wrap(functools.partial(dispatch, self), action)(request, *args, **kwargs)

    view.dispatch = checked
    return view


def _sync(view: Callable[..., Any], action: str | None) -> Callable[..., Any]:
    @functools.wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in SAFE_METHODS:
            try:
                found = requests.check(request, requests.token(request), action)
            except (Missing, Refused, Unavailable) as error:
                return _answer(request, error)
            request.captcha = found  # type: ignore[attr-defined]
        return cast("HttpResponseBase", view(request, *args, **kwargs))

    return checked


def _async(view: Callable[..., Any], action: str | None) -> Callable[..., Any]:
    @functools.wraps(view)
    async def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in SAFE_METHODS:
            try:
                found = await requests.check_async(request, requests.token(request), action)
            except (Missing, Refused, Unavailable) as error:
                return _answer(request, error)
            request.captcha = found  # type: ignore[attr-defined]
        return cast("HttpResponseBase", await view(request, *args, **kwargs))

    return checked


def _answer(request: HttpRequest, error: Undecided) -> HttpResponse:
    found = refusal(error)
    if wants_json(request.headers.get("Accept", "")):
        return JsonResponse({"error-codes": found.codes}, status=found.status, headers=found.headers)
    text = gettext(found.message)
    return HttpResponse(text, "text/plain; charset=utf-8", status=found.status, headers=found.headers)
