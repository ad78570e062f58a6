"""The check for Django REST framework."""

from __future__ import annotations

from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from cattlegrid.simple_captcha import answers


def captcha_validate(hashkey: str | None, response: str | None) -> None:
    """Spends the captcha, and raises DRF's `ValidationError` unless the response was right."""
    if not answers.is_right(hashkey.lower() if isinstance(hashkey, str) else None, response):
        raise ValidationError({"error": gettext_lazy("Invalid CAPTCHA")})
