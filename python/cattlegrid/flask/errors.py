"""What stops a request: HTTP exceptions, so that a site's error handlers see them as they see any other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, ServiceUnavailable, TooManyRequests

from cattlegrid import Refused, Unavailable
from cattlegrid._site.letter_words import letter_refusal
from cattlegrid._site.refusal import LIMITED, Refusal, form_refusal, refusal, wants_json
from cattlegrid._site.verification import Limited, Undecided

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class GuardError(HTTPException):
    """A request was not let through. `codes` say why; they are stable, and never empty.

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


class CaptchaError(GuardError):
    """The response token of a request did not let it through."""


class CaptchaMissing(CaptchaError, BadRequest):
    """400: the request carries no response token."""


class CaptchaRefused(CaptchaError, Forbidden):
    """403: the response token does not pass."""


class CaptchaUnavailable(CaptchaError, ServiceUnavailable):
    """503: nobody could decide."""


class StampError(GuardError):
    """A form that came back was not taken."""


class StampMissing(StampError, BadRequest):
    """400: the form carries no stamp, or nobody can read it."""


class StampRefused(StampError, Forbidden):
    """403: the form's stamp, its honeypot or its age does not pass."""


class StampUnavailable(StampError, ServiceUnavailable):
    """503: nobody could decide."""


class RateLimited(GuardError, TooManyRequests):
    """429: somebody has come too often. `retry_after` says in how many seconds to come again."""

    def __init__(self, error: Limited) -> None:
        super().__init__(Refusal(429, error.codes, LIMITED))
        self.retry_after = error.decision.retry_after


class LetterError(GuardError):
    """No letter is sent, whoever the address belongs to."""


class AddressRefused(LetterError, BadRequest):
    """400: this is no address that a letter can be sent to."""


class LettersUnavailable(LetterError, ServiceUnavailable):
    """503: too many letters are waiting."""


def captcha_error(error: Undecided) -> CaptchaError:
    """What to raise for what `Captcha.check` raised."""
    by_status: dict[int, type[CaptchaError]] = {
        400: CaptchaMissing,
        403: CaptchaRefused,
        503: CaptchaUnavailable,
    }
    refused = refusal(error)
    return by_status[refused.status](refused)


def stamp_error(error: Refused | Unavailable) -> StampError:
    """What to raise for what `SentForm.check` raised."""
    by_status: dict[int, type[StampError]] = {400: StampMissing, 403: StampRefused, 503: StampUnavailable}
    refused = form_refusal(error)
    return by_status[refused.status](refused)


def letter_error(error: Refused | Unavailable) -> LetterError:
    """What to raise where no letter is sent."""
    refused = letter_refusal(error)
    return (AddressRefused if refused.status == 400 else LettersUnavailable)(refused)


def _is_program(environ: WSGIEnvironment | None) -> bool:
    return environ is not None and wants_json(environ.get("HTTP_ACCEPT", ""))
