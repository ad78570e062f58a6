"""Which requests need a response token, where they may carry it, and how many they may carry: one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""The methods that change nothing. Any other needs a token, those that nobody knows included."""


def is_guarded(method: str, methods: frozenset[str] | None = None) -> bool:
    """Whether a guard of these methods stands before a request; by default, of all that change something."""
    if methods is None:
        return method not in SAFE_METHODS
    # Why: frameworks run the view of a GET for it.
    return method in methods or (method == "HEAD" and "GET" in methods)


HEADER = "X-Captcha-Response"
"""The header in which a program may send the token, whatever the body is."""

JSON_NAME = "captcha"
"""What a JSON body may call the token, besides the provider's name for it."""


class SentToken(NamedTuple):
    """What a request sent as its response token, of whatever type."""

    text: object
    field: str | None = None
    """The form field that it came in. None where that says nothing of the provider: it is the first one's."""

    @classmethod
    def of(cls, given: object) -> SentToken:
        """`given`, if it is one; else what was sent in no field."""
        return given if isinstance(given, cls) else cls(given)


def only(values: Sequence[object]) -> object:
    """The one value of a form's field. None if there is none or more than one: nobody can tell which was
    meant.
    """
    return values[0] if len(values) == 1 else None


def under(names: Iterable[str], data: Mapping[str, Any]) -> SentToken | None:
    """What a form or a JSON object has under the first of `names` that it has; None if it has none."""
    for name in names:
        if name in data:
            value = only(data.getlist(name)) if hasattr(data, "getlist") else data[name]
            return SentToken(value, None if name == JSON_NAME else name)
    return None


def from_json(body: bytes, names: Iterable[str]) -> SentToken | None:
    """What a JSON object has under the first of `names` that it has; None for any other body."""
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return under(names, decoded) if isinstance(decoded, Mapping) else None
