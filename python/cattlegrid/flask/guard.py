"""The check, before a view or in it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast, overload

from flask import request
from werkzeug.local import LocalProxy

from cattlegrid import Refused, Unavailable
from cattlegrid._site.verification import Missing, Verification
from cattlegrid.flask import site
from cattlegrid.flask.errors import captcha_error
from cattlegrid.flask.views import Guard, View


def check_captcha(action: str | None = None) -> Verification:
    """Checks the response token of the current request, and spends it.

    With `action`, it must have been earned for that one. A request that is checked twice, such as by the
    decorator and in a form, has its token verified once. Raises `CaptchaMissing`, `CaptchaRefused` and
    `CaptchaUnavailable`, which Flask answers with 400, 403 and 503.
    """
    captcha = site.current()
    evidence = site.evidence(captcha.settings)
    found = _known(evidence["token"], action)
    if found is None:
        with _http_errors():
            found = captcha.check(**evidence, action=action)
        _remember(evidence["token"], action, found)
    return found


async def check_captcha_async(action: str | None = None) -> Verification:
    """`check_captcha` for asynchronous views, whose loop goes on meanwhile."""
    captcha = site.current()
    evidence = site.evidence(captcha.settings)
    found = _known(evidence["token"], action)
    if found is None:
        with _http_errors():
            found = await captcha.check_async(**evidence, action=action)
        _remember(evidence["token"], action, found)
    return found


# Why: not in `g`, which a test suite may keep from one request to the next.
def _checks() -> list[tuple[object, str | None, Verification]]:
    checks: list[tuple[object, str | None, Verification]] = request.environ.setdefault(
        "cattlegrid.checks", []
    )
    return checks


def _known(token: object, action: str | None) -> Verification | None:
    return next((found for *asked, found in _checks() if asked == [token, action]), None)


def _remember(token: object, action: str | None, found: Verification) -> None:
    _checks().append((token, action, found))


def _last() -> Verification:
    if not _checks():
        raise RuntimeError("no response token was checked for this request: nobody needs one to read")
    return _checks()[-1][-1]


current_captcha = cast("Verification", LocalProxy(_last))
"""What the check of the current request found. False before it, and for a request that needs none."""


@overload
def require_captcha(view: View) -> View: ...


@overload
def require_captcha(*, action: str | None = None) -> Callable[[View], View]: ...


def require_captcha(view: View | None = None, *, action: str | None = None) -> View | Callable[[View], View]:
    """A decorator: the view, a coroutine function or not, runs only when the request's response token passed.

    It stands below `@app.route`. Every request is checked that is none of GET, HEAD, OPTIONS and TRACE.
    What the check found is `current_captcha`; what it raises is what `check_captcha` raises.
    """
    guard = Guard(
        "require_captcha",
        functools.partial(check_captcha, action),
        functools.partial(check_captcha_async, action),
        lambda bound: bound.captcha.prepare(),
    )
    return guard if view is None else guard(view)


@contextmanager
def _http_errors() -> Iterator[None]:
    try:
        yield
    except (Missing, Refused, Unavailable) as error:
        raise captcha_error(error) from error
