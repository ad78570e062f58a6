"""What stops a request: HTTP exceptions, so that a site's error handlers see them as they see any other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, ServiceUnavailable

from cattlegrid._site.refusal import Refusal, refusal, wants_json
from cattlegrid._site.verification import Undecided

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class CaptchaError(HTTPException):
    """Nobody was let through. `codes` say why; they are stable, and never empty.

    Answers programs with `{"error-codes": […]}`, and browsers that go to a page with an HTML page.
    """

    codes: tuple[str, ...]

    def __init__(self, refused: Refusal) -> None:
        super().__init__(refused.message)
        self.codes = refused.codes
        self._headers = {**refused.headers, "Vary": "Accept"}

    def get_body(self, environ: WSGIEnvironment | None = None, scope: dict[str, object] | None = None) -> str:
        """JSON or HTML, by the request's `Accept`."""
        if _is_program(environ):
            return json.dumps({"error-codes": self.codes})
        return super().get_body(environ, scope)

    def get_headers(
        self, environ: WSGIEnvironment | None = None, scope: dict[str, object] | None = None
    ) -> list[tuple[str, str]]:
        """Those of the body, and `Retry-After` when one is to come again."""
        headers = dict(super().get_headers(environ, scope))
        if _is_program(environ):
            headers["Content-Type"] = "application/json"
        return list({**headers, **self._headers}.items())


class CaptchaMissing(CaptchaError, BadRequest):
    """400: the request carries no response token."""


class CaptchaRefused(CaptchaError, Forbidden):
    """403: the response token does not pass."""


class CaptchaUnavailable(CaptchaError, ServiceUnavailable):
    """503: nobody could decide."""


_BY_STATUS: dict[int, type[CaptchaError]] = {
    400: CaptchaMissing,
    403: CaptchaRefused,
    503: CaptchaUnavailable,
}


def http_error(error: Undecided) -> CaptchaError:
    """What to raise for what a check raised."""
    refused = refusal(error)
    return _BY_STATUS[refused.status](refused)


def _is_program(environ: WSGIEnvironment | None) -> bool:
    return environ is not None and wants_json(environ.get("HTTP_ACCEPT", ""))
