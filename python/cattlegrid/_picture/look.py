"""How the pictures of a site look, and drawing them with the core."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from django.core.exceptions import ImproperlyConfigured

from cattlegrid import ConfigurationError, Style, draw
from cattlegrid._picture import fonts
from cattlegrid._picture.colours import Colour, hex_colour

Preset = Literal["classic", "hard"]
Scale = Literal[1, 2]


@dataclass(frozen=True)
class Look:
    """How pictures look, in the notation that Pillow's users know. What is None is as the preset has it.

    `fonts` are paths of font files; with none, the core's own. `font_size` and `size` are in pixels at scale
    1, and a `size` is exact. `rotation` is in degrees anticlockwise, from and to. `background` may be
    `"transparent"`.
    """

    preset: Preset = "classic"
    fonts: tuple[str, ...] = ()
    font_size: float | None = None
    size: tuple[int, int] | None = None
    rotation: tuple[float, float] | None = None
    foreground: Colour | None = None
    background: Colour | None = None
    noise: bool = True
    smoothing: bool | None = None


def png(
    text: str,
    look: Look,
    seed: bytes,
    scale: Scale = 1,
    *,
    letter_colours: Sequence[Colour] | None = None,
) -> bytes:
    """A picture of the text as a PNG file, drawn by the core from a seed of 16 bytes.

    Raises `ImproperlyConfigured` for a look that cannot be, and for text that cannot be shown.
    """
    with improper():
        return draw(text, style(look), seed, scale=scale, letter_colours=inks(letter_colours))


@lru_cache(maxsize=64)
def style(look: Look) -> Style:
    """The core's style for the look. Raises as the core does."""
    return Style(
        look.preset,
        fonts=[fonts.read(path) for path in look.fonts],
        size=look.size,
        font_size=look.font_size,
        rotation=None if look.rotation is None else (-max(look.rotation), -min(look.rotation)),
        foreground=None if look.foreground is None else hex_colour(look.foreground),
        background=_background(look.background),
        noise=look.noise,
        smoothing=look.smoothing,
    )


def inks(colours: Sequence[Colour] | None) -> list[str] | None:
    """The colours of letters as the core takes them."""
    return [hex_colour(colour) for colour in colours] if colours else None


@contextmanager
def improper() -> Iterator[None]:
    """Says in Django's way that what is configured cannot be drawn."""
    try:
        yield
    except (ConfigurationError, TypeError, ValueError, OverflowError) as error:
        raise ImproperlyConfigured(
            f"The CAPTCHA's picture cannot be drawn as the settings say: {error}"
        ) from error


def _background(colour: Colour | None) -> str | None:
    if colour is None or colour == "transparent":
        return colour
    return hex_colour(colour)
