"""Response tokens in Django: a form field, a form mixin and a decorator. `docs/django.md` shows them.

Add `cattlegrid.django` to `INSTALLED_APPS` and set `CATTLEGRID`.
"""

from __future__ import annotations

from cattlegrid._site.verification import Missing, Verification
from cattlegrid.django.decorators import require_captcha
from cattlegrid.django.forms import CaptchaField, CaptchaFormMixin, CaptchaWidget

__all__ = [
    "CaptchaField",
    "CaptchaFormMixin",
    "CaptchaWidget",
    "Missing",
    "Verification",
    "require_captcha",
]
