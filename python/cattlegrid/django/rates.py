"""How often somebody may come to a view."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar, Union, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cattlegrid import RateDecision
from cattlegrid._site.rates import Client, Limit, Subject, tell
from cattlegrid._site.refusal import limit_refusal
from cattlegrid._site.site import Site
from cattlegrid._site.token import is_guarded
from cattlegrid._site.verification import Limited
from cattlegrid.django import layers
from cattlegrid.django.conf import site
from cattlegrid.django.guarded import Finish, Stopped, as_it_is, guarded, refusing
from cattlegrid.django.requests import client_address

_View = TypeVar("_View", bound=Callable[..., Any])
_Key = Callable[[HttpRequest], Union[str, Awaitable[Union[str, None]], None]]


def rate_limit(
    name: str, quota: str, *, key: _Key | None = None, methods: Collection[str] | None = None
) -> Callable[[_View], _View]:
    """Decorates a view, a coroutine function or a class of views: each client gets to it so often.

    `name` goes into headers, 1 to 64 of `a-z 0-9 - _`; views with limits of one name count together. `quota`
    is such as `5/1h` or `30/10s`. Clients are told apart by their address, or by what `key` returns of the
    request, such as an account; what it returns None for is not counted. For a coroutine function it may be
    one too. Counted are `methods`, by default all but GET, HEAD, OPTIONS and TRACE. Over the limit the answer
    is 429, as that of `require_captcha`, with `Retry-After`; other responses have `RateLimit` headers.
    """
    counted = None if methods is None else frozenset(method.upper() for method in methods)
    return functools.partial(guarded, guard=_RateLimit(name, quota, key, counted))


class _RateLimit:
    def __init__(self, name: str, quota: str, key: _Key | None, methods: frozenset[str] | None) -> None:
        self._name = name
        self._quota = quota
        self._key = key
        self._methods = methods
        layers.note(self)

    def __str__(self) -> str:
        return f'rate_limit("{self._name}", "{self._quota}")'

    def prepare(self, site: Site) -> None:
        self._limit(site).prepare()

    def check(self, request: HttpRequest) -> Finish:
        subject = self._subject(request)
        if subject is None:
            return as_it_is
        return telling([self._limit(site()).check(cast("Subject", subject))])

    async def check_async(self, request: HttpRequest) -> Finish:
        subject = self._subject(request)
        if inspect.isawaitable(subject):
            subject = await subject
        if subject is None:
            return as_it_is
        return telling([await self._limit(site()).check_async(subject)])

    def answer(self, request: HttpRequest, error: Stopped) -> HttpResponseBase:
        return refusing(request, limit_refusal(cast("Limited", error)))

    def _limit(self, site: Site) -> Limit:
        return site.limit(self._name, self._quota)

    def _subject(self, request: HttpRequest) -> Subject | Awaitable[str | None] | None:
        """Whom to count; None for nobody."""
        if not is_guarded(request.method or "", self._methods):
            return None
        return Client(client_address(request)) if self._key is None else self._key(request)


def telling(decisions: Collection[RateDecision]) -> Finish:
    """Has a response say how it stands with the limits."""
    return lambda response: tell(response.headers, decisions)
