"""Which requests need a response token, where they may carry it, and how many they may carry: one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""The methods that change nothing. Any other needs a token, those that nobody knows included."""

HEADER = "X-Captcha-Response"
"""The header in which a program may send the token, whatever the body is."""

JSON_NAME = "captcha"
"""What a JSON body may call the token, besides the provider's name for it."""


def only(values: Sequence[object]) -> object:
    """The one value of a form's field. None if there is none or more than one: nobody can tell which was
    meant.
    """
    return values[0] if len(values) == 1 else None


def from_json(body: bytes, *names: str) -> object:
    """The value that a JSON object has under the first of `names` that it has; None for any other body."""
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(decoded, Mapping):
        return None
    return next((decoded[name] for name in names if name in decoded), None)
