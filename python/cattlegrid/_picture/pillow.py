"""What only Pillow can do: functions of a site that take its objects, bitmap fonts, and AVIF."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, Callable

from django.core.exceptions import ImproperlyConfigured

try:
    from PIL import Image, ImageDraw
except ImportError as error:
    raise ImproperlyConfigured(
        "The site's CAPTCHA settings name noise or filter functions of its own, a bitmap font, or AVIF, "
        "and for these Pillow is needed: pip install Pillow."
    ) from error

Picture = Image.Image
Noise = Callable[[Any, Any], Any]
Filter = Callable[[Any], Any]


def decorate(png: bytes, *, transparent: bool, noise: Iterable[Noise], filters: Iterable[Filter]) -> Picture:
    """The picture after noise functions `f(draw, image) -> draw` and then filters `f(image) -> image`."""
    image: Picture = Image.open(BytesIO(png)).convert("RGBA" if transparent else "RGB")
    draw: Any = ImageDraw.Draw(image)
    for function in noise:
        draw = function(draw, image) or draw
    for finish in filters:
        image = finish(image) or image
    return image


def to_png(image: Picture) -> bytes:
    """The picture as a PNG file."""
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def animate(images: Sequence[Picture], file_format: str, frame_ms: int) -> bytes:
    """The pictures one after the other for ever, as a GIF or AVIF file."""
    out = BytesIO()
    images[0].save(
        out,
        file_format,
        save_all=True,
        append_images=list(images[1:]),
        duration=frame_ms,
        loop=0,
        disposal=2,
    )
    return out.getvalue()
