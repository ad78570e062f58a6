"""A WSGI site whose verifier is made, and used, before gunicorn forks its workers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any, Callable

from cattlegrid import CattlegridError, Refused, Unavailable, Verifier

verifier = Verifier(
    "turnstile",
    secret_key="the-secret-key-of-the-site",
    store=os.environ["SITE_STORE"],
    url=os.environ["SITE_URL"],
    timeout=30.0,
)
run = os.environ["SITE_RUN"]
# Why: threads and connections from before the fork are of no use after it.
verifier.verify(f"{run}-before-the-fork-{os.getpid()}")


def outcome(token: str) -> str:
    """`passed`, or the code. A token of another run is another one."""
    try:
        verifier.verify(f"{run}-{token}")
    except (Refused, Unavailable) as error:
        return error.code
    except CattlegridError as error:
        return repr(error)
    return "passed"


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Says what becomes of the token that is the body."""
    token = environ["wsgi.input"].read().decode()
    body = json.dumps({"worker": os.getpid(), "outcome": outcome(token)}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
