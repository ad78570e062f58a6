"""What makes challenges, what is drawn over their letters, and where their pictures are."""

from __future__ import annotations

import operator
import random
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from cattlegrid._picture.dice import dice
from cattlegrid.simple_captcha.conf import settings

__all__ = [
    "captcha_audio_url",
    "captcha_image_url",
    "dice",
    "huge_words_and_punctuation_challenge",
    "math_challenge",
    "noise_arcs",
    "noise_dots",
    "noise_null",
    "post_smooth",
    "random_char_challenge",
    "random_letter_color_challenge",
    "unicode_challenge",
    "word_challenge",
]

MOST_CHARACTERS = 32
"""As many characters as the database has room for."""

_system = random.SystemRandom()


def math_challenge() -> tuple[str, str]:
    """A sum, difference or product of two numbers of 1 to 10, never below zero."""
    sign, calculate = _system.choice((("+", operator.add), ("-", operator.sub), ("*", operator.mul)))
    one, other = _system.randint(1, 10), _system.randint(1, 10)
    if sign == "-":
        one, other = max(one, other), min(one, other)
    shown = settings.CAPTCHA_MATH_CHALLENGE_OPERATOR if sign == "*" else sign
    return f"{one}{shown}{other}=", str(calculate(one, other))


def random_char_challenge() -> tuple[str, str]:
    """`CAPTCHA_LENGTH` letters of the Latin alphabet."""
    return _characters("abcdefghijklmnopqrstuvwxyz")


def unicode_challenge() -> tuple[str, str]:
    """`CAPTCHA_LENGTH` vowels with accents."""
    return _characters("äàáëéèïíîöóòüúù")


def word_challenge() -> tuple[str, str]:
    """A word of the dictionary, as long as the settings want it."""
    least, most = _lengths()
    return _shown([word for word in _words() if least <= len(word) <= most])


def huge_words_and_punctuation_challenge() -> tuple[str, str]:
    """Two words of the dictionary with a mark between them, together as long as the settings want it."""
    least, most = _lengths()
    words = [word for word in _words() if len(word) + 2 <= most]
    # Why: the second word is chosen from those that fit, so that no dictionary makes this search for ever.
    first = _system.choice(words or [""])
    room = range(least - len(first) - 1, most - len(first))
    mark = _system.choice(settings.CAPTCHA_PUNCTUATION or "-")
    return _shown([first + mark + second for second in words if len(second) in room])


def noise_arcs(draw: Any, image: Any) -> Any:
    """An arc and two lines across the picture."""
    width, height = image.size
    ink = settings.CAPTCHA_FOREGROUND_COLOR
    draw.arc((-20, -20, width, 20), start=0, end=295, fill=ink)
    for begin, end in ((20, height - 20), (0, height)):
        draw.line((-20, begin, width + 20, end), fill=ink)
    return draw


def noise_dots(draw: Any, image: Any) -> Any:
    """Dots on a tenth of the picture."""
    width, height = image.size
    throw = dice().randrange
    dots = [(throw(width), throw(height)) for _ in range(width * height // 10)]
    draw.point(dots, fill=settings.CAPTCHA_FOREGROUND_COLOR)
    return draw


def noise_null(draw: Any, image: Any) -> Any:  # noqa: ARG001
    """Nothing."""
    return draw


def post_smooth(image: Any) -> Any:
    """The picture, a little blurred."""
    from PIL import ImageFilter

    return image.filter(ImageFilter.SMOOTH)


def random_letter_color_challenge(idx: int, plaintext_captcha: str) -> str:  # noqa: ARG001
    """A colour of middle brightness with one strong part."""
    throw = dice()
    parts = [throw.randint(150, 255), throw.randint(64, 150), throw.randint(64, 150)]
    throw.shuffle(parts)
    return "#" + "".join(f"{part:02X}" for part in parts)


def captcha_image_url(key: str) -> str:
    """Where the picture of a key is."""
    return reverse("captcha-image", args=[key])


def captcha_audio_url(key: str) -> str:
    """Where the sound of a key is."""
    return reverse("captcha-audio", args=[key])


def _characters(alphabet: str) -> tuple[str, str]:
    text = "".join(_system.choice(alphabet) for _ in range(settings.CAPTCHA_LENGTH))
    return text.upper(), text


def _lengths() -> tuple[int, int]:
    least, most = sorted((settings.CAPTCHA_DICTIONARY_MIN_LENGTH, settings.CAPTCHA_DICTIONARY_MAX_LENGTH))
    return max(least, 1), min(most, MOST_CHARACTERS)


def _words() -> tuple[str, ...]:
    path = Path(settings.CAPTCHA_WORDS_DICTIONARY)
    try:
        return _read_words(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise ImproperlyConfigured(f"CAPTCHA_WORDS_DICTIONARY cannot be read: {error}.") from error


@lru_cache(maxsize=4)
def _read_words(path: Path, changed: int) -> tuple[str, ...]:  # noqa: ARG001
    lines = path.read_text(encoding="utf-8", errors="ignore").splitlines()
    return tuple(word for word in map(str.strip, lines) if word)


def _shown(texts: list[str]) -> tuple[str, str]:
    if not texts:
        raise ImproperlyConfigured(
            "No word in CAPTCHA_WORDS_DICTIONARY has CAPTCHA_DICTIONARY_MIN_LENGTH to "
            f"CAPTCHA_DICTIONARY_MAX_LENGTH characters (and at most {MOST_CHARACTERS})."
        )
    text = _system.choice(texts)
    return text.upper(), text.lower()
