"""A drop-in replacement of django-simple-captcha 0.7.0, with pictures by Cattlegrid's core.

Put `cattlegrid.simple_captcha` where a site says `captcha`: in `INSTALLED_APPS`, in imports and in
`include(…)`. The app's label stays `captcha`, so the table, its migrations, the templates and the permissions
carry over.
"""

from __future__ import annotations

VERSION = (0, 7, 0)
"""The version of django-simple-captcha whose interface this is."""


def get_version() -> str:
    """`VERSION` as text."""
    return ".".join(str(part) for part in VERSION)
