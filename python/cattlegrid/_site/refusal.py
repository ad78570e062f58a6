"""What HTTP answers to a request that is not let through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cattlegrid import Refused, Unavailable
from cattlegrid._site.verification import Limited, Missing, Undecided

RETRY_AFTER = 1
"""In seconds: what `Retry-After` says with status 503."""

MESSAGES = {
    400: "Please solve the CAPTCHA.",
    403: "The CAPTCHA was not accepted. Please try again.",
    503: "The CAPTCHA cannot be checked at the moment. Please try again later.",
}
"""What a visitor is told of a response token, by status."""

_AGAIN = "This form has expired, or was sent before. Please send it again."

FORM_MESSAGES = {
    "missing-stamp": _AGAIN,
    "unknown-stamp": _AGAIN,
    "expired-stamp": _AGAIN,
    "spent-stamp": _AGAIN,
    "too-early": "That was too fast for us. Please wait a moment, and send the form again.",
    "honeypot": "The form was not accepted. Please try again.",
    "store-unavailable": "The form cannot be checked at the moment. Please try again later.",
}
"""What a visitor is told of a form's stamp, by code."""

LIMITED = "There were too many requests. Please try again later."
"""What a visitor is told who has come too often."""

_MALFORMED = frozenset({"missing-stamp", "bad-request", "too-many-fields"})


@dataclass(frozen=True)
class Refusal:
    """An answer in the place of the view's."""

    status: int
    """400: nothing that could be checked; 403: refused; 429: too often; 503: nobody could decide.

    With the last two, `Retry-After` says when to come again.
    """
    codes: tuple[str, ...]
    """Stable, and never empty. As JSON: `{"error-codes": […]}`."""
    message: str
    """For the visitor, in English."""
    more_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """What the answer has besides its content."""
        headers = {"Cache-Control": "no-store", **self.more_headers}
        if self.status == 503:
            headers["Retry-After"] = str(RETRY_AFTER)
        return headers


def refusal(error: Undecided) -> Refusal:
    """What to answer for what `Captcha.check` raised."""
    status = _status(error)
    return Refusal(status, _codes(error), MESSAGES[status])


def form_refusal(error: Refused | Unavailable) -> Refusal:
    """What to answer for what `SentForm.check` raised."""
    codes = _codes(error)
    return Refusal(_status(error), codes, FORM_MESSAGES.get(codes[0], _AGAIN))


def limit_refusal(error: Limited) -> Refusal:
    """What to answer to whoever has come too often."""
    return Refusal(429, error.codes, LIMITED, dict(error.decision.headers))


def _status(error: Undecided) -> int:
    if isinstance(error, Missing):
        return 400
    if isinstance(error, Refused):
        return 400 if error.code in _MALFORMED else 403
    return 503


def _codes(error: Undecided) -> tuple[str, ...]:
    return (error.code,) if isinstance(error, Unavailable) else error.codes


def wants_json(accept: str) -> bool:
    """Whether a client that sends this `Accept` is a program. Browsers that go to a page name `text/html`."""
    return "text/html" not in accept.lower()
