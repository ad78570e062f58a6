"""What HTTP answers to a request that is not let through."""

from __future__ import annotations

from dataclasses import dataclass

from cattlegrid import Refused
from cattlegrid._site.verification import Missing, Undecided

RETRY_AFTER = 1
"""In seconds: what `Retry-After` says with status 503."""

MESSAGES = {
    400: "Please solve the CAPTCHA.",
    403: "The CAPTCHA was not accepted. Please try again.",
    503: "The CAPTCHA cannot be checked at the moment. Please try again later.",
}
"""What a visitor is told, by status."""


@dataclass(frozen=True)
class Refusal:
    """An answer in the place of the view's."""

    status: int
    """400: no token; 403: refused; 503: nobody could decide, and `Retry-After` says when to come again."""
    codes: tuple[str, ...]
    """Stable, and never empty. As JSON: `{"error-codes": […]}`."""

    @property
    def message(self) -> str:
        """For the visitor, in English."""
        return MESSAGES[self.status]

    @property
    def headers(self) -> dict[str, str]:
        """What the answer has besides its content."""
        headers = {"Cache-Control": "no-store"}
        if self.status == 503:
            headers["Retry-After"] = str(RETRY_AFTER)
        return headers


def refusal(error: Undecided) -> Refusal:
    """What to answer for what `Captcha.check` raised."""
    if isinstance(error, Missing):
        return Refusal(400, error.codes)
    if isinstance(error, Refused):
        return Refusal(403, error.codes)
    return Refusal(503, (error.code,))


def wants_json(accept: str) -> bool:
    """Whether a client that sends this `Accept` is a program. Browsers that go to a page name `text/html`."""
    return "text/html" not in accept.lower()
