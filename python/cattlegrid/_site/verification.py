"""What becomes of a check: a `Verification`, or one of the exceptions that stop the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from cattlegrid import CattlegridError, Passed, RateDecision, Refused, Unavailable


class Missing(CattlegridError):
    """The request carries no response token, or none that is a text, or more than one."""

    code = "missing-input-response"
    codes = (code,)


class Limited(CattlegridError):
    """Somebody has come too often. `decision` says when to come again."""

    code = "rate-limited"
    codes = (code,)

    def __init__(self, decision: RateDecision) -> None:
        super().__init__("there were too many requests")
        self.decision = decision


Undecided = Union[Missing, Refused, Unavailable]
"""What stops a request."""


@dataclass(frozen=True)
class Verification:
    """What is known of a request that was let through. None is what the provider did not say."""

    provider: str
    challenge_ts: str | None = None
    hostname: str | None = None
    action: str | None = None
    score: float | None = None
    decided: bool = True
    """False when the provider could not be reached and the settings let requests through then."""

    @classmethod
    def of(cls, passed: Passed) -> Verification:
        """What the core found, as a site sees it."""
        return cls(
            passed.provider,
            passed.challenge_ts,
            passed.hostname,
            passed.action,
            passed.score,
            passed.decided,
        )


def refused(*codes: str) -> Refused:
    """A refusal that is decided on this side of the core. `codes` are not empty."""
    error = Refused(codes[0])
    error.codes = codes
    error.code = codes[0]
    return error


def unavailable(code: str) -> Unavailable:
    """An outage on this side of the core."""
    error = Unavailable(code)
    error.code = code
    return error
