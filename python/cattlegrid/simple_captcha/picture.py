"""Draws the pictures of captchas as the settings say: by the core, and by Pillow what only Pillow can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from os import PathLike, fspath
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from cattlegrid._picture.colours import Colour
from cattlegrid._picture.dice import begun_with
from cattlegrid._picture.look import Drawing, Look, Noise, Scale
from cattlegrid._picture.seed import seed
from cattlegrid.simple_captcha import helpers
from cattlegrid.simple_captcha.conf import settings

_FRAME_MS = 500
_NOISE_OF_CORE: dict[Any, Noise] = {helpers.noise_arcs: "strokes", helpers.noise_dots: "spots"}
_STOCK = (*_NOISE_OF_CORE, helpers.noise_null, helpers.post_smooth)


def draw(text: str, key: str, scale: Scale) -> tuple[bytes, str]:
    """The picture of a captcha, and its content type. The same key has the same picture, at either scale."""
    grain = seed("simple_captcha", key)
    noise, filters = list(settings.noise_functions()), list(settings.filter_functions())
    look = _look(
        noise=tuple(_NOISE_OF_CORE[function] for function in _NOISE_OF_CORE if function in noise),
        smoothing=_smoothing(filters),
    )
    animated, avif = settings.CAPTCHA_ANIMATED, settings.CAPTCHA_ANIMATED_USE_AVIF
    with begun_with(grain):
        drawing = Drawing(text, look, grain, scale, tuple(_letter_colours(text)))
        if look.has_bitmap_fonts or any(function not in _STOCK for function in noise + filters):
            bare = replace(drawing, look=replace(look, noise=(), smoothing=False))
            return _by_pillow(bare, noise, filters)
        if not animated:
            return drawing.png(), "image/png"
        return _by_pillow(drawing, [], []) if avif else (drawing.gif(_FRAME_MS), "image/gif")


def _by_pillow(drawing: Drawing, noise: list[Any], filters: list[Any]) -> tuple[bytes, str]:
    from cattlegrid._picture import pillow

    def decorated(png: bytes) -> pillow.Picture:
        return pillow.decorate(
            png, transparent=drawing.look.background == "transparent", noise=noise, filters=filters
        )

    if not settings.CAPTCHA_ANIMATED:
        return pillow.to_png(decorated(drawing.png())), "image/png"
    kind = "AVIF" if settings.CAPTCHA_ANIMATED_USE_AVIF else "GIF"
    frames = [decorated(png) for png in drawing.frames()]
    return pillow.animate(frames, kind, _FRAME_MS), f"image/{kind.lower()}"


def _look(*, noise: tuple[Noise, ...], smoothing: bool | None) -> Look:
    return Look(
        preset=settings.CAPTCHA_STYLE,
        fonts=_fonts(settings.CAPTCHA_FONT_PATH),
        font_size=_chosen("CAPTCHA_FONT_SIZE"),
        size=_tuple(settings.CAPTCHA_IMAGE_SIZE),
        rotation=_rotation(),
        foreground=_chosen("CAPTCHA_FOREGROUND_COLOR"),
        background=_chosen("CAPTCHA_BACKGROUND_COLOR"),
        noise=noise,
        smoothing=smoothing,
    )


def _chosen(name: str) -> Any:
    """What the site has set; the style decides where it has set nothing."""
    return _tuple(getattr(settings, name)) if settings.is_set(name) else None


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fonts(path: Any) -> tuple[str, ...]:
    if path is None:
        return ()
    paths = path if isinstance(path, (list, tuple)) else (path,)
    if paths and all(isinstance(one, (str, PathLike)) for one in paths):
        return tuple(fspath(one) for one in paths)
    raise ImproperlyConfigured("CAPTCHA_FONT_PATH is to be the path of a font file, or a list of such paths.")


def _rotation() -> tuple[float, float] | None:
    if not settings.is_set("CAPTCHA_LETTER_ROTATION"):
        return None
    return _tuple(settings.CAPTCHA_LETTER_ROTATION) or (0, 0)


def _smoothing(filters: list[Any]) -> bool | None:
    return bool(filters) if settings.is_set("CAPTCHA_FILTER_FUNCTIONS") else None


def _letter_colours(text: str) -> Iterator[Colour]:
    """One for each character; a mark has the colour, and the place in the count, of the letter before it."""
    if not settings.CAPTCHA_LETTER_COLOR_FUNCT:
        return
    index = -1
    for character in text:
        if index < 0 or character not in settings.CAPTCHA_PUNCTUATION:
            index += 1
            colour = _tuple(settings.get_letter_color(index, text))
        yield colour
