"""Making a letter and sending it, and what is said of one that is in vain."""

from __future__ import annotations

import logging
import smtplib
import traceback
from collections.abc import Callable
from typing import Optional, TypeVar

from cattlegrid._site.outbox import outbox

_log = logging.getLogger("cattlegrid")

_Letter = TypeVar("_Letter")

PAUSES = (0.0, 1.0, 10.0)
"""In seconds: how long is waited before each attempt."""

Make = Callable[[], Optional[_Letter]]
Send = Callable[[_Letter], object]


def deliver(make: Make[_Letter], send: Send[_Letter]) -> None:
    """Makes a letter and sends it, unless there is none. Raises nothing: what is in vain is logged, without
    whom it was for.

    What a mail server does not take for now, or does not reach it, is tried twice more.
    """
    try:
        letter = make()
    except Exception as error:
        _tell("a letter was not made", error)
        return
    if letter is not None:
        _send(letter, send)


def deliver_now(make: Make[_Letter], send: Send[_Letter]) -> None:
    """The same for a test suite: once, and what is in vain is raised."""
    letter = make()
    if letter is not None:
        send(letter)


def _send(letter: _Letter, send: Send[_Letter]) -> None:
    for attempt, pause in enumerate(PAUSES, 1):
        outbox().pause(pause)
        try:
            send(letter)
        except Exception as error:
            if attempt == len(PAUSES) or not _may_pass(error):
                _tell("a letter was not sent", error)
                return
        else:
            return


def _may_pass(error: Exception) -> bool:
    """Whether another attempt may go better."""
    code = _smtp_code(error)
    return isinstance(error, OSError) if code is None else 400 <= code < 500


def _smtp_code(error: Exception) -> int | None:
    """What the mail server said, as a number. Never its words: they repeat the address."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((code for code, _ in error.recipients.values()), None)
    return None


def _tell(what: str, error: Exception) -> None:
    code = _smtp_code(error)
    said = type(error).__name__ if code is None else f"{type(error).__name__} {code}"
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
    _log.error("%s: %s at %s", what, said, where)
    # Why here alone: an exception's text may have the address in it.
    _log.debug("%s", what, exc_info=error)
