"""The limits that hold for every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Union, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cattlegrid import RateDecision
from cattlegrid._site.rates import Client
from cattlegrid._site.refusal import limit_refusal
from cattlegrid._site.verification import Limited
from cattlegrid.django.conf import site
from cattlegrid.django.guarded import refusing
from cattlegrid.django.rates import telling
from cattlegrid.django.requests import client_address

_Response = Union[HttpResponseBase, Awaitable[HttpResponseBase]]


class RateLimitMiddleware:
    """Counts every request against the `RATE_LIMITS` of the settings, by its client's address.

    It belongs before all other middleware that costs something. Over a limit the answer is 429 with
    `Retry-After`, JSON unless the client asks for HTML; every other response has `RateLimit` headers.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], _Response]) -> None:
        """`get_response` is the rest of the site, a coroutine function or not."""
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> _Response:
        """The response."""
        return self._respond_async(request) if self._is_async else self._respond(request)

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        client, decisions = Client(client_address(request)), list[RateDecision]()
        try:
            for limit in site().limits:
                decisions.append(limit.check(client))
        except Limited as error:
            response: HttpResponseBase = refusing(request, limit_refusal(error))
        else:
            response = cast("HttpResponseBase", self._get_response(request))
        telling(decisions)(response)
        return response

    async def _respond_async(self, request: HttpRequest) -> HttpResponseBase:
        client, decisions = Client(client_address(request)), list[RateDecision]()
        try:
            for limit in site().limits:
                decisions.append(await limit.check_async(client))
        except Limited as error:
            response: HttpResponseBase = refusing(request, limit_refusal(error))
        else:
            response = await cast("Awaitable[HttpResponseBase]", self._get_response(request))
        telling(decisions)(response)
        return response
