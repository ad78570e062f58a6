"""Response tokens in Django, and the layers around them: form mixins, decorators and middleware.
`docs/django.md` shows them.

Add `cattlegrid.django` to `INSTALLED_APPS` and set `CATTLEGRID`.
"""

from __future__ import annotations

from cattlegrid._site.verification import Missing, Verification
from cattlegrid.django.decorators import require_captcha
from cattlegrid.django.forms import CaptchaField, CaptchaFormMixin, CaptchaWidget
from cattlegrid.django.rates import rate_limit
from cattlegrid.django.requests import client_address
from cattlegrid.django.stamped_form import StampedFormMixin
from cattlegrid.django.stamps import require_stamp

__all__ = [
    "CaptchaField",
    "CaptchaFormMixin",
    "CaptchaWidget",
    "Missing",
    "StampedFormMixin",
    "Verification",
    "client_address",
    "rate_limit",
    "require_captcha",
    "require_stamp",
]
