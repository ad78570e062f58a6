"""Letters of Pillow's bitmap fonts (`.pil`), which have no outlines for the core to draw."""

from __future__ import annotations

from itertools import cycle

from django.core.exceptions import ImproperlyConfigured
from PIL import Image, ImageDraw, ImageFont

from cattlegrid._picture.colours import hex_colour
from cattlegrid._picture.dice import begun_with, dice
from cattlegrid._picture.look import Drawing
from cattlegrid._picture.pillow import Picture, to_png

_MARGIN = 4
_GAP = 2
_ROTATION = (-35.0, 35.0)
_INK = "#001100"
_BACKGROUND = "#ffffff"


def png(drawing: Drawing) -> bytes:
    """The picture without noise, as a PNG file. Raises `ImproperlyConfigured` for a broken font."""
    return _flat(drawing, _letters(drawing))


def frames(drawing: Drawing) -> list[bytes]:
    """A PNG file for each letter, alone where it stands in the text. Raises as `png` does."""
    return [_flat(drawing, [letter]) for letter in _letters(drawing)]


def _letters(drawing: Drawing) -> list[Picture]:
    """Each letter alone where it stands, on nothing."""
    look = drawing.look
    with begun_with(drawing.seed):
        masks = _masks(drawing)
    width = sum(mask.width + _GAP for mask in masks)
    height = max(mask.height for mask in masks)
    size = look.size or (width + 2 * _MARGIN, height + 2 * _MARGIN)
    inks = cycle(drawing.letter_colours or (look.foreground or _INK,))
    x = (size[0] - width) // 2
    letters = []
    for mask, ink in zip(masks, inks):
        letter = Image.new("RGBA", size)
        letter.paste(hex_colour(ink), (x, (size[1] - mask.height) // 2), mask)
        letters.append(
            letter.resize((size[0] * drawing.scale, size[1] * drawing.scale), Image.Resampling.NEAREST)
        )
        x += mask.width + _GAP
    return letters


def _masks(drawing: Drawing) -> list[Picture]:
    try:
        font = ImageFont.load(dice().choice(drawing.look.fonts))
    except (OSError, SyntaxError, ValueError) as error:
        raise ImproperlyConfigured(f"A font of the CAPTCHA cannot be read: {error}.") from error
    rotation = drawing.look.rotation or _ROTATION
    masks = []
    for character in drawing.text:
        _, _, width, height = map(int, font.getbbox(character))
        mask = Image.new("L", (max(width, 1), max(height, 1)))
        ImageDraw.Draw(mask).text((0, 0), character, fill=255, font=font)
        masks.append(mask.rotate(dice().uniform(*rotation), Image.Resampling.BICUBIC, expand=True))
    return masks


def _flat(drawing: Drawing, letters: list[Picture]) -> bytes:
    colour = drawing.look.background or _BACKGROUND
    transparent = colour == "transparent"
    picture = Image.new("RGBA", letters[0].size, (0, 0, 0, 0) if transparent else hex_colour(colour))
    for letter in letters:
        picture.alpha_composite(letter)
    return to_png(picture if transparent else picture.convert("RGB"))
