"""The check, before a view or in it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast, overload
from weakref import WeakSet

from flask import current_app, request
from werkzeug.local import LocalProxy

from cattlegrid import ConfigurationError, Refused, Unavailable
from cattlegrid._site.token import SAFE_METHODS
from cattlegrid._site.verification import Missing, Verification
from cattlegrid.flask import site
from cattlegrid.flask.errors import http_error

_View = TypeVar("_View", bound=Callable[..., Any])


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
def require_captcha(view: _View) -> _View: ...


@overload
def require_captcha(*, action: str | None = None) -> Callable[[_View], _View]: ...


def require_captcha(
    view: _View | None = None, *, action: str | None = None
) -> _View | Callable[[_View], _View]:
    """A decorator: the view, a coroutine function or not, runs only when the request's response token passed.

    It stands below `@app.route`. Every request is checked that is none of GET, HEAD, OPTIONS and TRACE.
    What the check found is `current_captcha`; what it raises is what `check_captcha` raises.
    """
    guard = functools.partial(_guarded, action)
    return guard if view is None else guard(view)


# Why: a decorator above the route leaves the route with the bare view, and nobody would notice.
_bare_views: WeakSet[Callable[..., Any]] = WeakSet()


def refuse_bare_views() -> None:
    """Before each request: raises `ConfigurationError` if `require_captcha` stands above the view's route."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method not in SAFE_METHODS and inspect.isfunction(view) and view in _bare_views:
        raise ConfigurationError(
            f"the route of {request.endpoint} leads past @require_captcha: put the decorator below @app.route"
        )


def _note_bare(view: object) -> None:
    while inspect.isfunction(view):
        _bare_views.add(view)
        view = getattr(view, "__wrapped__", None)


def _guarded(action: str | None, view: _View) -> _View:
    _note_bare(view)
    if inspect.iscoroutinefunction(view):

        @functools.wraps(view)
        async def guarded_async(*args: Any, **kwargs: Any) -> Any:
            if request.method not in SAFE_METHODS:
                await check_captcha_async(action)
            return await view(*args, **kwargs)

        return cast("_View", guarded_async)

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if request.method not in SAFE_METHODS:
            check_captcha(action)
        return view(*args, **kwargs)

    return cast("_View", guarded)


@contextmanager
def _http_errors() -> Iterator[None]:
    try:
        yield
    except (Missing, Refused, Unavailable) as error:
        raise http_error(error) from error
