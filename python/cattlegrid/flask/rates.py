"""How often somebody may come: to a view, and to the app."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from flask import Response, request

from cattlegrid import RateDecision
from cattlegrid._site.rates import Client, Subject, tell
from cattlegrid._site.site import Site
from cattlegrid._site.verification import Limited
from cattlegrid.flask import site
from cattlegrid.flask.errors import RateLimited
from cattlegrid.flask.views import Guard


def rate_limit(
    name: str,
    quota: str,
    *,
    key: Callable[[], str | None] | None = None,
    methods: Collection[str] | None = None,
) -> Guard:
    """A decorator: each client gets to the view, a coroutine function or not, so many times in so long.

    It stands below `@app.route`. `name` goes into headers, 1 to 64 of `a-z 0-9 - _`; views with a limit of
    one name count together. `quota` is such as `5/1h` or `30/10s`. Clients are told apart by their address,
    or by what `key` returns: an account, say; what it returns None for is not counted. Counted are `methods`,
    by default all but GET, HEAD, OPTIONS and TRACE. Raises `RateLimited`, which Flask answers with 429.
    """

    def check() -> None:
        subject = _subject(key)
        if subject is not None:
            limit = site.current_site().limit(name, quota)
            with noting() as decisions:
                decisions.append(limit.check(subject))

    async def check_async() -> None:
        subject = _subject(key)
        if subject is not None:
            limit = site.current_site().limit(name, quota)
            with noting() as decisions:
                decisions.append(await limit.check_async(subject))

    def prepare(bound: Site) -> None:
        bound.limit(name, quota).prepare()

    counted = None if methods is None else frozenset(method.upper() for method in methods)
    return Guard("rate_limit", check, check_async, prepare, counted)


def limit_requests() -> None:
    """Before each request: the limits of the settings, in their order."""
    client = Client(site.client_address())
    with noting() as decisions:
        decisions.extend(limit.check(client) for limit in site.current_site().limits)


def tell_of_limits(response: Response) -> Response:
    """After each request: how it stands with the limits that it was counted by."""
    tell(response.headers, _decisions())
    return response


def _subject(key: Callable[[], str | None] | None) -> Subject | None:
    return Client(site.client_address()) if key is None else key()


# Why: not in `g`, which a test suite may keep from one request to the next.
def _decisions() -> list[RateDecision]:
    decisions: list[RateDecision] = request.environ.setdefault("cattlegrid.rates", [])
    return decisions


@contextmanager
def noting() -> Iterator[list[RateDecision]]:
    """Whatever is decided in it, the response tells of. Raises `RateLimited` for what raises `Limited`."""
    decisions = _decisions()
    try:
        yield decisions
    except Limited as error:
        decisions.append(error.decision)
        raise RateLimited(error) from error
