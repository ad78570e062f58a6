"""Forms with a stamp: what goes into their pages, and what stands before the views that take them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Response, abort, current_app, request
from markupsafe import Markup

from cattlegrid import Refused, Unavailable
from cattlegrid._site.stamped import GREATEST_AGE, LEAST_AGE, Rules, SentForm
from cattlegrid.flask import site
from cattlegrid.flask.errors import stamp_error
from cattlegrid.flask.views import Guard

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_SHOWN = "cattlegrid.stamp_shown"


def stamp(name: str) -> Markup:
    """In a template: what stands in the form of this name, once. The page is not stored anywhere then.

    In a form that is sent back for correction it is as old as the form is, so that nobody waits again.
    """
    request.environ[_SHOWN] = True
    sent = _sent_forms().get(name)
    made = site.current_site().forms.stamp(Rules(name)) if sent is None else sent.fresh()
    return Markup(made.__html__())  # noqa: S704


def require_stamp(
    name: str,
    *,
    least_age: float = LEAST_AGE,
    greatest_age: float = GREATEST_AGE,
    pretend: Callable[[], ResponseReturnValue] | None = None,
) -> Guard:
    """A decorator: the view, a coroutine function or not, takes forms of this name with a stamp of their own.

    It stands below `@app.route`. Every request is checked that is none of GET, HEAD, OPTIONS and TRACE:
    whether it has a stamp that `stamp(name)` made and nobody sent before, whether its honeypot is untouched,
    and whether it comes no sooner than `least_age` and no later than `greatest_age` after it was shown, in
    seconds. `pretend` answers, in place of the view, whoever has touched the honeypot: as if all were well.
    Raises `StampMissing`, `StampRefused` and `StampUnavailable`, which Flask answers with 400, 403 and 503.
    """
    rules = Rules(name, least_age, greatest_age)

    def check() -> None:
        with _http_errors(pretend):
            _came_back(rules).check()

    async def check_async() -> None:
        with _http_errors(pretend):
            await _came_back(rules).check_async()

    return Guard("require_stamp", check, check_async, lambda bound: bound.forms.stamp(rules))


def keep_stamps(response: Response) -> Response:
    """After each request: a page with a stamp is for whoever asked, and for once."""
    if request.environ.get(_SHOWN):
        response.headers["Cache-Control"] = "no-store"
    return response


def _came_back(rules: Rules) -> SentForm:
    sent = site.current_site().forms.sent(rules, site.fields())
    _sent_forms()[rules.name] = sent
    return sent


# Why: not in `g`, which a test suite may keep from one request to the next.
def _sent_forms() -> dict[str, SentForm]:
    forms: dict[str, SentForm] = request.environ.setdefault("cattlegrid.forms", {})
    return forms


@contextmanager
def _http_errors(pretend: Callable[[], ResponseReturnValue] | None) -> Iterator[None]:
    try:
        yield
    except (Refused, Unavailable) as error:
        if pretend is not None and error.code == "honeypot":
            abort(current_app.make_response(pretend()))
        raise stamp_error(error) from error
