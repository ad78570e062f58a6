"""Response tokens in Django REST framework: a permission and a serializer mixin. `docs/drf.md` shows them.

The settings, the markup and the routes are those of `cattlegrid.django`, which must be in `INSTALLED_APPS`.
"""

from __future__ import annotations

from cattlegrid.drf.permissions import CaptchaRequired
from cattlegrid.drf.serializers import CaptchaSerializerMixin

__all__ = ["CaptchaRequired", "CaptchaSerializerMixin"]
