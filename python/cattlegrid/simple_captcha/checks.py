"""Says before visitors do that pictures cannot be drawn as the settings say."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from cattlegrid.simple_captcha import picture


def draws(**kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Draws a picture, for `manage.py check`."""
    try:
        picture.draw("ABCD", "manage.py check", 1)
    except (ImproperlyConfigured, ImportError) as error:
        return [Error(str(error), id="captcha.E001")]
    return []
