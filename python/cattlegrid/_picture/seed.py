"""Seeds of pictures: the same for the same key, and known to nobody without the site's secret."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.utils.encoding import force_bytes


def seed(purpose: str, key: str) -> bytes:
    """16 bytes made from Django's `SECRET_KEY`, what the seed is for, and the key of a challenge."""
    message = f"cattlegrid picture\0{purpose}\0{key}".encode("utf-8", "surrogatepass")
    return hmac.new(force_bytes(settings.SECRET_KEY), message, hashlib.sha256).digest()[:16]
