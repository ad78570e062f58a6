"""How the pictures of a site look, and drawing them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from django.core.exceptions import ImproperlyConfigured

from cattlegrid import ConfigurationError, Style, animate, draw, frames
from cattlegrid._picture import fonts
from cattlegrid._picture.colours import Colour, hex_colour

Preset = Literal["classic", "hard"]
Scale = Literal[1, 2]
Noise = Literal["strokes", "spots"]


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
    noise: tuple[Noise, ...] = ("strokes", "spots")
    smoothing: bool | None = None

    @property
    def has_bitmap_fonts(self) -> bool:
        """Whether the fonts are Pillow's bitmap fonts, which the core does not read."""
        return any(path.lower().endswith(".pil") for path in self.fonts)


@dataclass(frozen=True)
class Drawing:
    """Text, and all that its picture follows from.

    `seed` has 16 bytes; `letter_colours` begin again when they end.

    The methods raise `ImproperlyConfigured` for a look that cannot be, and for text that cannot be shown.
    """

    text: str
    look: Look
    seed: bytes
    scale: Scale = 1
    letter_colours: tuple[Colour, ...] = ()

    def png(self) -> bytes:
        """The picture as a PNG file."""
        if self.look.has_bitmap_fonts:
            from cattlegrid._picture import bitmap

            return bitmap.png(self)
        with _improper():
            return draw(self.text, style(self.look), self.seed, scale=self.scale, letter_colours=self._inks())

    def frames(self) -> list[bytes]:
        """A PNG file for each letter, alone where it stands in the text."""
        if self.look.has_bitmap_fonts:
            from cattlegrid._picture import bitmap

            return bitmap.frames(self)
        with _improper():
            return frames(
                self.text, style(self.look), self.seed, scale=self.scale, letter_colours=self._inks()
            )

    def gif(self, frame_ms: int) -> bytes:
        """The frames as one GIF file that repeats for ever."""
        with _improper():
            return animate(
                self.text,
                style(self.look),
                self.seed,
                scale=self.scale,
                letter_colours=self._inks(),
                frame_ms=frame_ms,
            )

    def _inks(self) -> list[str] | None:
        return [hex_colour(colour) for colour in self.letter_colours] or None


def png(text: str, look: Look, seed: bytes, scale: Scale = 1) -> bytes:
    """A picture of the text as a PNG file, all letters in the ink of the look. Raises as `Drawing` does."""
    return Drawing(text, look, seed, scale).png()


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


@contextmanager
def _improper() -> Iterator[None]:
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
