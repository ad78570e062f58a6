"""A drop-in replacement for django-rest-captcha 0.3.0: `rest_captcha` becomes `cattlegrid.rest_captcha`."""

from __future__ import annotations

from typing import NamedTuple


class VersionInfo(NamedTuple):
    """The version of what is stored in the cache."""

    major: int
    minor: int
    micro: int


# Why: the major number is part of every cache key, so challenges outlive the migration.
VERSION = VersionInfo(0, 3, 0)

__version__ = ".".join(map(str, VERSION))
