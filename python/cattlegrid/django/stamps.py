"""What stands before the view of a form with a stamp."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control

from cattlegrid import Refused, Unavailable
from cattlegrid._site.refusal import form_refusal
from cattlegrid._site.site import Site
from cattlegrid._site.stamped import GREATEST_AGE, LEAST_AGE, Rules
from cattlegrid._site.token import SAFE_METHODS
from cattlegrid.django import layers, requests
from cattlegrid.django.guarded import Finish, Stopped, guarded, refusing

_View = TypeVar("_View", bound=Callable[..., Any])


def require_stamp(
    name: str,
    *,
    least_age: float = LEAST_AGE,
    greatest_age: float = GREATEST_AGE,
    pretend: Callable[[HttpRequest], HttpResponseBase] | None = None,
) -> Callable[[_View], _View]:
    """Decorates a view, a coroutine function or a class of views: that of the form of this name.

    Requests that may change something (any but GET, HEAD, OPTIONS and TRACE) need all fields of a stamp that
    `{% stamp name %}` made, at least `least_age` and at most `greatest_age` seconds ago, and that nobody has
    sent before, with its honeypot untouched; in a form, or as the members of a JSON object. Otherwise the
    answer is 400, 403 or 503, as that of `require_captcha`. `pretend` makes the answer to those who took the
    honeypot: what looks like success. Every response of the view says `Cache-Control: no-store`.
    """
    return functools.partial(guarded, guard=_Stamp(Rules(name, least_age, greatest_age), pretend))


class _Stamp:
    def __init__(self, rules: Rules, pretend: Callable[[HttpRequest], HttpResponseBase] | None) -> None:
        self._rules = rules
        self._pretend = pretend
        layers.note(self)

    def __str__(self) -> str:
        return f'require_stamp("{self._rules.name}")'

    def prepare(self, site: Site) -> None:
        site.forms.stamp(self._rules)

    def check(self, request: HttpRequest) -> Finish:
        if request.method not in SAFE_METHODS:
            requests.sent_form(request, self._rules, requests.fields(request)).check()
        return _keep_from_caches

    async def check_async(self, request: HttpRequest) -> Finish:
        if request.method not in SAFE_METHODS:
            await requests.sent_form(request, self._rules, requests.fields(request)).check_async()
        return _keep_from_caches

    def answer(self, request: HttpRequest, error: Stopped) -> HttpResponseBase:
        stamp_error = cast("Refused | Unavailable", error)
        if self._pretend is not None and stamp_error.code == "honeypot":
            return self._pretend(request)
        return refusing(request, form_refusal(stamp_error))


def _keep_from_caches(response: HttpResponseBase) -> None:
    patch_cache_control(response, no_store=True)
