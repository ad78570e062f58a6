"""Pictures follow from the key and the site's secret, and look as the settings say."""

from __future__ import annotations

import random
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any, Callable

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from PIL import Image, ImageDraw, ImageFont, features

from cattlegrid._picture.colours import hex_colour
from cattlegrid.simple_captcha import helpers, picture
from cattlegrid.simple_captcha.models import CaptchaStore

Show = Callable[..., bytes]
HELPERS = "cattlegrid.simple_captcha.helpers."
BARE = {"CAPTCHA_NOISE_FUNCTIONS": (), "CAPTCHA_FILTER_FUNCTIONS": ()}


def opened(content: bytes) -> Image.Image:
    """The picture, read by Pillow."""
    return Image.open(BytesIO(content))


def colours(content: bytes) -> set[tuple[int, ...]]:
    """Those that the picture has."""
    pixels = opened(content).convert("RGBA")
    return {colour for _, colour in pixels.getcolors(1 << 20)}


def draw(text: str = "ABCD", key: str = "key", scale: Any = 1) -> bytes:
    """The picture that a captcha has."""
    return picture.draw(text, key, scale)[0]


def test_a_key_has_one_picture(captcha: CaptchaStore, picture: Show) -> None:
    assert picture(captcha) == picture(captcha)
    assert picture(captcha, scale=2) == picture(captcha, scale=2)


def test_the_picture_follows_from_the_sites_secret() -> None:
    with override_settings(SECRET_KEY="another"):
        other = draw()
    assert draw() != other
    assert draw() != draw(key="another")


def test_another_process_draws_the_same() -> None:
    program = (
        "import sys, django; from django.conf import settings;"
        "settings.configure(SECRET_KEY='a secret of the tests',"
        "                   INSTALLED_APPS=['cattlegrid.simple_captcha']);"
        "django.setup(); from cattlegrid.simple_captcha import picture;"
        "sys.stdout.buffer.write(picture.draw('ABCD', 'key', 1)[0])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == draw()


def test_no_global_generator_is_touched(captcha: CaptchaStore, picture: Show) -> None:
    before = random.getstate()
    with override_settings(CAPTCHA_NOISE_FUNCTIONS=(_line, HELPERS + "noise_dots")):
        picture(captcha)
    for challenge in (helpers.random_char_challenge, helpers.math_challenge, helpers.unicode_challenge):
        challenge()
    helpers.random_letter_color_challenge(0, "A")
    assert random.getstate() == before


@pytest.mark.parametrize("style", ["classic", "hard"])
@pytest.mark.parametrize("background", ["#ffffff", "transparent"])
@pytest.mark.parametrize("noise", [(), (HELPERS + "noise_arcs", HELPERS + "noise_dots"), ("simple_noise",)])
def test_a_size_is_exact(
    style: str, background: str, noise: tuple[Any, ...], captcha: CaptchaStore, picture: Show
) -> None:
    noise = tuple(_line if name == "simple_noise" else name for name in noise)
    with override_settings(
        CAPTCHA_BACKGROUND_COLOR=background,
        CAPTCHA_IMAGE_SIZE=[201, 97],
        CAPTCHA_NOISE_FUNCTIONS=noise,
        CAPTCHA_STYLE=style,
    ):
        assert opened(picture(captcha)).size == (201, 97)
        assert opened(picture(captcha, scale=2)).size == (402, 194)


def test_a_picture_at_scale_two_has_all_letters() -> None:
    with override_settings(CAPTCHA_IMAGE_SIZE=(70, 40), CAPTCHA_LETTER_ROTATION=None, **BARE):
        ink = opened(draw(scale=2)).convert("L").point(lambda level: 255 if level < 128 else 0).getbbox()
    assert ink is not None
    left, top, right, bottom = ink
    assert left > 0
    assert top > 0
    assert right < 140
    assert bottom < 80


def test_the_background_is_transparent() -> None:
    with override_settings(CAPTCHA_BACKGROUND_COLOR="transparent"):
        for scale in (1, 2):
            assert opened(draw(scale=scale)).convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("red", (255, 0, 0, 255)),
        ("#0f0", (0, 255, 0, 255)),
        ("rgb(1, 2, 3)", (1, 2, 3, 255)),
        ("hsl(240, 100%, 50%)", (0, 0, 255, 255)),
        ((9, 8, 7), (9, 8, 7, 255)),
        ([9, 8, 7], (9, 8, 7, 255)),
    ],
)
def test_colours_are_written_as_for_pillow(written: Any, meant: tuple[int, ...]) -> None:
    with override_settings(CAPTCHA_BACKGROUND_COLOR=written, **BARE):
        assert meant in colours(draw())
    with override_settings(CAPTCHA_FOREGROUND_COLOR=written, **BARE):
        assert meant in colours(draw(scale=2))


def test_every_colour_that_pillow_knows_is_known() -> None:
    from PIL import ImageColor

    functions = ["#abc", "#ABCD", "#aabbcc", "#aabbccdd", "rgb(300,0,0)", "rgb(10%, 20%, 100%)"]
    more = ["rgba(1, 2, 3, 4)", "hsl(11.5, 33.3%, 12%)", "hsv(33, 20%, 77%)", "hsb(33,20%,77%)", " Red "]
    for colour in [*ImageColor.colormap, *functions, *more]:
        red, green, blue = (min(part, 255) for part in ImageColor.getrgb(colour.strip())[:3])
        assert hex_colour(colour) == f"#{red:02x}{green:02x}{blue:02x}", colour


@pytest.mark.parametrize("odd", ["", "redd", "#12", "rgb(1,2)", "hsl(a,b,c)", (1,), None, 1.5, "x" * 100_000])
def test_what_is_no_colour_says_what_is(odd: Any) -> None:
    with (
        pytest.raises(ImproperlyConfigured, match="no colour"),
        override_settings(CAPTCHA_FOREGROUND_COLOR=odd or ""),
    ):
        draw()


def test_each_letter_has_the_colour_of_the_sites_function() -> None:
    asked = []

    def colour(index: int, text: str) -> str:
        asked.append((index, text))
        return ("#ff0000", "#00ff00", "#0000ff")[index]

    with override_settings(CAPTCHA_LETTER_COLOR_FUNCT=colour, **BARE):
        inks = colours(draw("A.BC"))
    assert asked == [(0, "A.BC"), (1, "A.BC"), (2, "A.BC")]
    assert {(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)} <= inks


def test_the_stock_colours_are_the_keys() -> None:
    with override_settings(CAPTCHA_LETTER_COLOR_FUNCT=HELPERS + "random_letter_color_challenge"):
        assert draw() == draw()
        assert draw() != draw(key="another")


def test_letters_can_stand_upright() -> None:
    with override_settings(CAPTCHA_LETTER_ROTATION=None, **BARE):
        upright = draw("IIII")
    with override_settings(CAPTCHA_LETTER_ROTATION=(80, 90), **BARE):
        lying = draw("IIII")
    assert opened(upright).width < opened(lying).width


def test_hard_pictures_are_larger() -> None:
    with override_settings(CAPTCHA_STYLE="hard"):
        assert opened(draw()).width >= 200
    assert opened(draw()).width < 150


@pytest.mark.parametrize("noise", [(), (HELPERS + "noise_null",)])
def test_noise_can_be_switched_off(noise: tuple[str, ...]) -> None:
    with override_settings(CAPTCHA_NOISE_FUNCTIONS=noise):
        quiet = opened(draw()).convert("L").histogram()
    loud = opened(draw()).convert("L").histogram()
    assert sum(quiet[:128]) < sum(loud[:128])


def test_each_stock_noise_is_drawn_alone() -> None:
    def ink(*noise: str) -> int:
        with override_settings(CAPTCHA_NOISE_FUNCTIONS=[HELPERS + name for name in noise]):
            return sum(opened(draw()).convert("L").histogram()[:128])

    arcs, dots, both = ink("noise_arcs"), ink("noise_dots"), ink("noise_arcs", "noise_dots")
    assert ink() < min(arcs, dots) < max(arcs, dots) < both


def test_smoothing_can_be_switched_off() -> None:
    smooth = draw()
    with override_settings(CAPTCHA_FILTER_FUNCTIONS=()):
        assert draw() != smooth


def test_nothing_of_it_needs_pillow() -> None:
    program = Path(__file__).with_name("without_pillow.py")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "drawn\n"), done.stderr


def test_the_sites_own_functions_draw_with_pillow() -> None:
    with override_settings(CAPTCHA_NOISE_FUNCTIONS=(_line,), CAPTCHA_FILTER_FUNCTIONS=()):
        assert (1, 2, 3, 255) in colours(draw())
    with override_settings(CAPTCHA_NOISE_FUNCTIONS=(), CAPTCHA_FILTER_FUNCTIONS=(_inverted,)):
        assert opened(draw()).convert("RGB").getpixel((0, 0)) == (0, 0, 0)


@pytest.mark.parametrize("mixed", [("noise_dots", "noise_arcs"), ("noise_null",)])
def test_stock_noise_beside_the_sites_own_is_the_keys(mixed: tuple[str, ...]) -> None:
    with override_settings(CAPTCHA_NOISE_FUNCTIONS=(_line, *(HELPERS + name for name in mixed))):
        assert draw() == draw()


@pytest.mark.parametrize("transparent", [True, False])
def test_a_sites_own_functions_get_the_mode_that_they_know(transparent: bool) -> None:
    seen = []

    def note(drawing: Any, image: Any) -> Any:
        seen.append((type(drawing).__name__, image.mode, image.size))
        return drawing

    background = "transparent" if transparent else "white"
    with override_settings(
        CAPTCHA_NOISE_FUNCTIONS=(note,), CAPTCHA_BACKGROUND_COLOR=background, CAPTCHA_IMAGE_SIZE=(100, 50)
    ):
        draw(scale=2)
    assert seen == [("ImageDraw", "RGBA" if transparent else "RGB", (200, 100))]


@pytest.mark.parametrize("noise", [None, (HELPERS + "noise_null", HELPERS + "noise_dots")])
@pytest.mark.parametrize("own", [True, False])
def test_an_animation_has_a_frame_for_each_letter(
    own: bool, noise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "check", lambda feature: feature != "avif")
    noise = [*(noise or [HELPERS + "noise_arcs"]), *([_line] if own else [])]
    with override_settings(
        CAPTCHA_ANIMATED=True, CAPTCHA_NOISE_FUNCTIONS=noise, CAPTCHA_IMAGE_SIZE=(120, 50)
    ):
        content, content_type = picture.draw("ABCD", "key", 2)
    animation = opened(content)
    assert (content_type, animation.format) == ("image/gif", "GIF")
    assert (animation.n_frames, animation.size) == (4, (240, 100))  # type: ignore[attr-defined]
    assert (animation.info["duration"], animation.info["loop"]) == (500, 0)


def test_an_animation_is_avif_where_pillow_has_it(captcha: CaptchaStore, client: Client) -> None:
    with override_settings(CAPTCHA_ANIMATED=True):
        response = client.get(f"/captcha/image/{captcha.hashkey}/")
    assert features.check("avif"), "these tests need a Pillow that has AVIF"
    assert response["Content-Type"] == "image/avif"
    assert opened(response.content).n_frames == 4  # type: ignore[attr-defined]


def test_fonts_can_be_the_sites_own(tmp_path: Path) -> None:
    other = _font_of_pillow(tmp_path)
    with override_settings(**BARE):
        usual = draw()
        for path in (other, [other], (other, other), Path(other)):
            with override_settings(CAPTCHA_FONT_PATH=path):
                assert draw() != usual


@pytest.mark.parametrize("path", [False, "", 5, [], [None], "/nowhere/font.ttf", ["/nowhere/font.ttf"], "\0"])
def test_a_font_that_is_none_is_said_to_be_none(path: Any) -> None:
    with override_settings(CAPTCHA_FONT_PATH=path), pytest.raises(ImproperlyConfigured, match=r"[Ff]ont"):
        draw()


def test_a_file_that_is_no_font_is_said_to_be_none(tmp_path: Path) -> None:
    Path(tmp_path, "font.ttf").write_bytes(b"no font")
    with override_settings(CAPTCHA_FONT_PATH=f"{tmp_path}/font.ttf"), pytest.raises(ImproperlyConfigured):
        draw()


@pytest.mark.parametrize("animated", [True, False])
def test_bitmap_fonts_are_drawn_by_pillow(tmp_path: Path, animated: bool) -> None:
    path = _bitmap_font(tmp_path)
    with override_settings(CAPTCHA_FONT_PATH=path, CAPTCHA_ANIMATED=animated, CAPTCHA_IMAGE_SIZE=(120, 50)):
        assert draw() == draw() != draw(key="another")
        assert opened(draw(scale=2)).size == (240, 100)


@pytest.mark.parametrize(
    "wrong",
    [
        {"CAPTCHA_FONT_SIZE": -1},
        {"CAPTCHA_FONT_SIZE": "large"},
        {"CAPTCHA_IMAGE_SIZE": (0, 0)},
        {"CAPTCHA_IMAGE_SIZE": 5},
        {"CAPTCHA_IMAGE_SIZE": (10**9, 10**9)},
        {"CAPTCHA_LETTER_ROTATION": (0, 1000)},
        {"CAPTCHA_LETTER_ROTATION": "much"},
        {"CAPTCHA_STYLE": "soft"},
        {"CAPTCHA_NOISE_FUNCTIONS": [5]},
    ],
)
def test_what_cannot_be_drawn_is_said(wrong: dict[str, Any]) -> None:
    with override_settings(**wrong), pytest.raises(ImproperlyConfigured):
        draw()
    with override_settings(**wrong):
        assert "captcha.E001" in complaints()
    assert "captcha.E001" not in complaints()


def complaints() -> set[str | None]:
    """What Django's system checks find."""
    return {message.id for message in run_checks()}


def _line(drawing: Any, image: Any) -> Any:
    drawing.line((0, 0, *image.size), fill="#010203", width=3)
    return drawing


def _inverted(image: Any) -> Any:
    from PIL import ImageOps

    return ImageOps.invert(image)


def _font_of_pillow(folder: Path) -> str:
    path = folder / "font.ttf"
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    path.write_bytes(font.font_bytes)
    return str(path)


def _bitmap_font(folder: Path) -> str:
    """A font of one glyph for all characters, as Pillow's own tool would write it."""
    glyph = Image.new("1", (8, 12))
    ImageDraw.Draw(glyph).rectangle((1, 1, 6, 10), fill=1)
    glyph.save(folder / "font.png")
    metrics = b"".join(number.to_bytes(2, "big", signed=True) for number in (8, 0, 0, 0, 8, 12, 0, 0, 8, 12))
    (folder / "font.pil").write_bytes(b"PILfont\n;;;;;;8;\nDATA\n" + metrics * 256)
    return str(folder / "font.pil")
