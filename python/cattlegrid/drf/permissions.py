"""The CAPTCHA as a permission of a view."""

from __future__ import annotations

from collections.abc import Mapping

from rest_framework.exceptions import ParseError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from cattlegrid import Refused, Unavailable
from cattlegrid._site.token import HEADER, JSON_NAME, SAFE_METHODS, under
from cattlegrid._site.verification import Missing
from cattlegrid._site.widget import field_names
from cattlegrid.django import requests
from cattlegrid.django.conf import captcha
from cattlegrid.drf.exceptions import CaptchaFailed


class CaptchaRequired(BasePermission):
    """Lets a request that may change something through only with a response token that passes.

    The token is in the header `X-Captcha-Response`, or in the body as `captcha` or under the provider's name
    for it. The view finds the `Verification` as `request.captcha`. Put it last, so that nobody spends a token
    on a request that another permission refuses. A view may have a `captcha_action`, which stands in for that
    of the settings.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or an answer with the reason."""
        if request.method in SAFE_METHODS:
            return True
        action = getattr(view, "captcha_action", None)
        plain = request._request
        try:
            plain.captcha = requests.check(plain, token(request), action)  # type: ignore[attr-defined]
        except (Missing, Refused, Unavailable) as error:
            raise CaptchaFailed(error) from None
        return True


def token(request: Request) -> object:
    """The response token of a request; None without one."""
    try:
        return request.headers.get(HEADER) or token_in(request.data)
    except RecursionError:
        raise ParseError from None


def token_in(data: object) -> object:
    """The response token in the data of a request; None without one."""
    if not isinstance(data, Mapping):
        return None
    return under((JSON_NAME, *field_names(captcha().settings)), data)
