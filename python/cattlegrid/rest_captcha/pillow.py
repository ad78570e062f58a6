"""Pictures for sites that filter or draw with Pillow. Needs Pillow."""

from __future__ import annotations

import random
import secrets
from dataclasses import replace
from functools import lru_cache

from django.core.exceptions import ImproperlyConfigured

try:
    from PIL import Image, ImageDraw, ImageFont
except ImportError as error:
    raise ImproperlyConfigured(
        "A FILTER_FUNCTION, a NOISE_FUNCTION and the style 'pillow' need Pillow: install cattlegrid[pillow]."
    ) from error

from cattlegrid._picture.look import png
from cattlegrid._picture.pillow import decorate, to_png
from cattlegrid.rest_captcha import captcha
from cattlegrid.rest_captcha.settings import api_settings

_LEFT, _TOP, _GAP = 2, 4, 2
_random = random.SystemRandom()


def picture(word: str) -> bytes:
    """A picture of the word as a PNG file, filtered and noised by the functions of the settings.

    Raises `ImproperlyConfigured` for settings that no picture can be drawn with.
    """
    image = drawn_by_pillow(word) if api_settings.CAPTCHA_STYLE == "pillow" else _drawn_by_core(word)
    filtered = api_settings.FILTER_FUNCTION(image)
    if isinstance(filtered, Image.Image):
        image = filtered
    api_settings.NOISE_FUNCTION(image, ImageDraw.Draw(image))
    return to_png(image)


def drawn_by_pillow(word: str) -> Image.Image:
    """The letters side by side in the middle, pixel by pixel as django-rest-captcha has them."""
    letters = [_letter(char) for char in word]
    end = _LEFT + sum(letter.width + _GAP for letter in letters)
    size = api_settings.CAPTCHA_IMAGE_SIZE or (end, 2 * _TOP + max(letter.height for letter in letters))
    row, left = _paper(size), _LEFT
    for letter in letters:
        row.paste(api_settings.CAPTCHA_FOREGROUND_COLOR, (left, _TOP), letter)
        left += letter.width + _GAP
    image = _paper(size)
    image.paste(row, (int((size[0] - end) / 2), int((size[1] - letters[-1].height) / 2 - _TOP)))
    return image


def _drawn_by_core(word: str) -> Image.Image:
    bare = replace(captcha.look(), noise=(), smoothing=False)
    drawn = png(word, bare, secrets.token_bytes(16))
    return decorate(drawn, transparent=bare.background == "transparent", noise=(), filters=())


def _letter(char: str) -> Image.Image:
    """The ink of one letter, turned, without a margin."""
    font, text = _font(str(api_settings.CAPTCHA_FONT_PATH or ""), api_settings.CAPTCHA_FONT_SIZE), f" {char} "
    _, _, right, bottom = font.getbbox(text)
    ink = Image.new("L", (int(right), int(bottom)))
    ImageDraw.Draw(ink).text((0, 0), text, font=font, fill="#ffffff")
    if api_settings.CAPTCHA_LETTER_ROTATION:
        ink = ink.rotate(
            _random.uniform(*api_settings.CAPTCHA_LETTER_ROTATION), resample=Image.Resampling.BICUBIC
        )
    return ink.crop(ink.getbbox())


@lru_cache(maxsize=16)
def _font(path: str, size: float) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(path, size)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The style 'pillow' needs a font in CAPTCHA_FONT_PATH: {error}."
        ) from error


def _paper(size: tuple[int, int]) -> Image.Image:
    if api_settings.CAPTCHA_BACKGROUND_COLOR == "transparent":
        return Image.new("RGBA", size)
    return Image.new("RGB", size, api_settings.CAPTCHA_BACKGROUND_COLOR)
