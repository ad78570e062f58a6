"""What the site adds to its responses."""

from __future__ import annotations

from typing import Callable

from django.http import HttpRequest, HttpResponse

View = Callable[[HttpRequest], HttpResponse]

# Nothing from anywhere else and nothing in line, but the pictures that rest_captcha gives as data.
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"


def content_security_policy(get_response: View) -> View:
    """Sets the site's policy."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return respond
