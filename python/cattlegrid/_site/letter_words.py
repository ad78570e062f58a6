"""What people are told of letters, in English: in them, on the page behind their link, and by a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Union

from cattlegrid import Refused, Unavailable
from cattlegrid._site.refusal import Refusal, limit_refusal
from cattlegrid._site.verification import Limited

Translate = Callable[[str], str]

LETTER = {
    "subject": "Confirm your e-mail address for %(site)s",
    "given": "Somebody, you we hope, has given this address to %(site)s.",
    "open": "To confirm that it is yours, open this page and press the button on it:",
    "page": "Confirm the address",
    "limits": "The link works once, and for this long: %(span)s. If it was not you, do nothing: nothing will "
    "happen.",
}
"""The parts of a letter."""

QUESTION = {"title": "Is this address yours?", "button": "Yes, it is mine"}
"""The parts of the page."""

_NO_LINK = "This link does not work, or no longer. Please ask for a new letter."

MESSAGES = {
    "email-invalid": "This is no e-mail address that a letter can be sent to.",
    "email-local-part": "Few mail servers take what this address has before its @. Please give another.",
    "overloaded": "No letter can be sent at the moment. Please try again later.",
    "unknown-link": _NO_LINK,
    "expired-link": _NO_LINK,
    "spent-link": "This link was used before. If it was you who used it, all is well.",
    "store-unavailable": "The address cannot be confirmed at the moment. Please try again later.",
}
"""What a visitor is told, by code."""

NoLetter = Union[Refused, Unavailable, Limited]
"""Why no letter is sent, or a link confirms nothing."""


def letter(translate: Translate, site: str, span: str) -> dict[str, str]:
    """The parts of a letter from `site`, whose link works for `span`."""
    return {part: translate(text) % {"site": site, "span": span} for part, text in LETTER.items()}


def question(translate: Translate) -> dict[str, str]:
    """The parts of the page that asks for the button to be pressed."""
    return {part: translate(text) for part, text in QUESTION.items()}


def letter_refusal(error: NoLetter) -> Refusal:
    """What to answer where no letter is sent, or a link confirms nothing."""
    if isinstance(error, Limited):
        return limit_refusal(error)
    status = 400 if isinstance(error, Refused) else 503
    return Refusal(status, (error.code,), MESSAGES.get(error.code, _NO_LINK))


def span(seconds: float) -> str:
    """A time in English, in the largest unit that tells it exactly, from minutes up."""
    minutes = int(seconds) // 60
    units = ((24 * 60, "day"), (60, "hour"), (1, "minute"))
    size, unit = next((size, unit) for size, unit in units if minutes % size == 0)
    count = minutes // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
