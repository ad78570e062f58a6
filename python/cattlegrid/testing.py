"""For the test suite of a site: a pass, a refusal and an outage, by choice and with no network.

    from cattlegrid.testing import captcha_passes

    def test_sign_up(client):
        with captcha_passes():
            assert client.post("/sign-up", {"name": "Ada"}).status_code == 302

Each is a context manager and a decorator, of functions and of coroutine functions. It counts for Django,
Django REST framework and Flask alike, in every thread of the process, and whether the request carries a token
or not. They work only where the site's `CATTLEGRID` has `TESTING: True`; a check anywhere else raises
`ConfigurationError`, so that none of them can open a site that is in use.
"""

from __future__ import annotations

from cattlegrid._site.staged import Staged
from cattlegrid._site.test_keys import PASSING as TEST_KEYS
from cattlegrid._site.verification import Verification, refused, unavailable

__all__ = ["TEST_KEYS", "captcha_passes", "captcha_refuses", "captcha_unreachable", "layers_pass"]


def captcha_passes(
    *, hostname: str | None = None, action: str | None = None, score: float | None = None
) -> Staged:
    """Every check passes, and says of the page and the visitor what is given here."""

    def outcome(provider: str) -> Verification:
        return Verification(provider, hostname=hostname, action=action, score=score)

    return Staged.check(outcome)


def captcha_refuses(*codes: str) -> Staged:
    """Every check refuses with these codes; `invalid-input-response` if none is given."""

    def outcome(_: str) -> Verification:
        raise refused(*codes or ("invalid-input-response",))

    return Staged.check(outcome)


def captcha_unreachable(code: str = "provider-unreachable") -> Staged:
    """Nobody can decide, for a reason that `Unavailable` has. The site's `WHEN_UNREACHABLE` counts."""

    def outcome(_: str) -> Verification:
        raise unavailable(code)

    return Staged.check(outcome)


def layers_pass() -> Staged:
    """No form is refused for want of a stamp, for its honeypot or its age, and nobody comes too often."""
    return Staged.layers()
