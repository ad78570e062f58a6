"""Pictures of answers."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from cattlegrid._picture.look import Look, png
from cattlegrid.rest_captcha import utils
from cattlegrid.rest_captcha.settings import api_settings

if TYPE_CHECKING:
    from PIL import Image, ImageDraw


def generate_image(word: str) -> bytes:
    """A picture of the word as a PNG file, another each time.

    Drawn by the core; by Pillow where `CAPTCHA_STYLE` is `"pillow"`, and partly by Pillow where the filter or
    the noise is the site's own. Raises `ImproperlyConfigured` for settings that no picture can be drawn with.
    """
    own = (
        api_settings.FILTER_FUNCTION is not filter_default or api_settings.NOISE_FUNCTION is not noise_default
    )
    if own or api_settings.CAPTCHA_STYLE == "pillow":
        from cattlegrid.rest_captcha import pillow

        return pillow.picture(word)
    return png(word, look(), secrets.token_bytes(16))


def look() -> Look:
    """How pictures look, as the settings say."""
    path, size = api_settings.CAPTCHA_FONT_PATH, api_settings.CAPTCHA_IMAGE_SIZE
    return Look(
        preset=api_settings.CAPTCHA_STYLE,
        fonts=(str(path),) if path else (),
        font_size=api_settings.CAPTCHA_FONT_SIZE,
        size=tuple(size) if size else None,
        rotation=tuple(api_settings.CAPTCHA_LETTER_ROTATION or (0, 0)),
        foreground=api_settings.CAPTCHA_FOREGROUND_COLOR,
        background=api_settings.CAPTCHA_BACKGROUND_COLOR,
    )


def filter_default(image: Image.Image) -> Image.Image:
    """The image, smoothed."""
    from PIL import ImageFilter

    return utils.filter_smooth(image, ImageFilter.SMOOTH)


def noise_default(image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
    """Dots, an arc and two lines over the image."""
    for noise in (utils.noise_dots, utils.noise_arcs):
        noise(draw, image, api_settings.CAPTCHA_FOREGROUND_COLOR)
