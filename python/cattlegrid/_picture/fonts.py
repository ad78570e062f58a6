"""Font files of a site, read once and kept."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MOST_BYTES = 64 * 1024 * 1024


@lru_cache(maxsize=64)
def read(path: str) -> bytes:
    """The contents of a font file of at most 64 MB. Raises `ImproperlyConfigured` if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            contents = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"The font {path!r} cannot be read: {error}.") from error
    if len(contents) > MOST_BYTES:
        raise ImproperlyConfigured(f"The font {path!r} has more than {MOST_BYTES} bytes.")
    return contents
