"""Keys of the cache, answers, and what `filter_default` and `noise_default` are made of."""

from __future__ import annotations

import random
import secrets
import string
from typing import TYPE_CHECKING, Any

from cattlegrid.rest_captcha import VERSION
from cattlegrid.rest_captcha.settings import api_settings

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

_random = random.SystemRandom()


def get_cache_key(captcha_key: str) -> str:
    """Under which key of the cache the answer of a challenge is kept."""
    template: str = api_settings.CAPTCHA_CACHE_KEY
    return template.format(key=captcha_key, version=VERSION.major)


def random_char_challenge(length: int) -> str:
    """So many letters of A to Z."""
    return "".join(secrets.choice(string.ascii_uppercase) for _ in range(length))


def filter_smooth(image: Image.Image, filter_code: Any) -> Image.Image:
    """The image after one of Pillow's filters."""
    return image.filter(filter_code)


def noise_dots(draw: ImageDraw.ImageDraw, image: Image.Image, fill: Any) -> ImageDraw.ImageDraw:
    """Dots on a tenth of the image."""
    width, height = image.size
    dots = [(_random.randrange(width), _random.randrange(height)) for _ in range(width * height // 10)]
    draw.point(dots, fill=fill)
    return draw


def noise_arcs(draw: ImageDraw.ImageDraw, image: Image.Image, fill: Any) -> ImageDraw.ImageDraw:
    """An arc and two lines across the image."""
    width, height = image.size
    draw.arc((-20, -20, width, 20), 0, 295, fill=fill)
    draw.line((-20, 20, width + 20, height - 20), fill=fill)
    draw.line((-20, 0, width + 20, height), fill=fill)
    return draw
