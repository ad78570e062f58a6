"""How many challenges one address gets."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.cache import BaseCache
from rest_framework.request import Request
from rest_framework.settings import api_settings as drf_settings
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from cattlegrid.rest_captcha import answers

DEFAULT_RATE = "120/min"


class RestCaptchaThrottle(AnonRateThrottle):
    """At most 120 challenges a minute, or as many as `DEFAULT_THROTTLE_RATES` has for `rest_captcha`.

    Counts in the cache that keeps the answers.
    """

    scope = "rest_captcha"

    @property
    def cache(self) -> BaseCache:  # type: ignore[override]
        """The cache that `CAPTCHA_CACHE` names."""
        return answers.cache()

    def get_rate(self) -> Any:
        """Such as `120/min`; None for any number."""
        rates: dict[str, Any] = drf_settings.DEFAULT_THROTTLE_RATES
        return rates.get(self.scope, DEFAULT_RATE)

    def get_ident(self, request: Request) -> str:
        """The visitor's address as `NUM_PROXIES` has it found, hashed: no cache takes keys of any length."""
        return hashlib.sha256(str(super().get_ident(request)).encode("utf-8", "surrogatepass")).hexdigest()

    def allow_request(self, request: Request, view: APIView) -> Any:
        """Whether the visitor may have one more. Raises `Unavailable` when the cache fails."""
        try:
            return super().allow_request(request, view)
        except Exception as error:
            raise answers.unavailable(error) from error
