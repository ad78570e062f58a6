"""The pictures, with and without Pillow."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from PIL import Image


def opened(**settings: Any) -> Image.Image:
    """A picture on a site with these settings."""
    from cattlegrid.rest_captcha.captcha import generate_image

    with override_settings(REST_CAPTCHA=settings):
        return Image.open(BytesIO(generate_image("WORD")))


def colours(image: Image.Image) -> set[Any]:
    """All colours in the picture."""
    rgb = image.convert("RGB")
    return {colour for _, colour in rgb.getcolors(rgb.width * rgb.height) or ()}


def upside_down(image: Image.Image) -> Image.Image:
    """A filter of the site's own, whose result can be told from its argument."""
    return image.resize((image.width, image.height * 2))


def only_red(image: Image.Image, draw: Any) -> None:
    """A noise of the site's own."""
    draw.rectangle((0, 0, image.width, image.height), fill="#ff0000")


def nothing(*_: Any) -> None:
    """A filter or noise that does nothing."""


@pytest.mark.parametrize("size", [(90, 40), (251, 144), [30, 20], (600, 300)])
@pytest.mark.parametrize("style", ["classic", "hard"])
def test_the_size_is_exact(style: str, size: Any) -> None:
    assert opened(CAPTCHA_STYLE=style, CAPTCHA_IMAGE_SIZE=size).size == tuple(size)


def test_each_picture_is_another() -> None:
    from cattlegrid.rest_captcha.captcha import generate_image

    assert len({generate_image("WORD") for _ in range(10)}) == 10


def test_colours_are_those_of_the_settings() -> None:
    # Why large: thin letters may have no point that smoothing leaves as it is.
    large = {"CAPTCHA_FONT_SIZE": 60, "CAPTCHA_IMAGE_SIZE": (300, 100)}
    image = opened(CAPTCHA_FOREGROUND_COLOR="navy", CAPTCHA_BACKGROUND_COLOR="rgb(255, 255, 0)", **large)
    assert {(0, 0, 128), (255, 255, 0)} <= colours(image)


def test_a_background_can_be_transparent() -> None:
    image = opened(CAPTCHA_BACKGROUND_COLOR="transparent").convert("RGBA")
    assert image.getextrema()[3][0] == 0


def test_the_result_of_a_filter_is_used() -> None:
    assert opened(FILTER_FUNCTION=upside_down, NOISE_FUNCTION=nothing).size == (90, 80)


def test_a_filter_can_leave_the_image() -> None:
    assert opened(FILTER_FUNCTION=nothing).size == (90, 40)


def test_noise_is_drawn_over_what_the_filter_made() -> None:
    image = opened(FILTER_FUNCTION=upside_down, NOISE_FUNCTION=only_red)
    assert (image.size, colours(image)) == ((90, 80), {(255, 0, 0)})


def test_functions_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "site_functions", sys.modules[__name__])
    assert colours(opened(NOISE_FUNCTION="site_functions.only_red")) == {(255, 0, 0)}


def test_letters_have_no_noise_but_that_of_the_site() -> None:
    bare = opened(NOISE_FUNCTION=nothing, CAPTCHA_IMAGE_SIZE=(400, 200))
    assert bare.getpixel((0, 0)) == (255, 255, 255)
    assert bare.getpixel((399, 199)) == (255, 255, 255)
    assert min(colour[0] for colour in colours(bare)) < 50


def test_the_former_functions_can_be_called() -> None:
    from cattlegrid.rest_captcha.captcha import filter_default, noise_default

    def both(image: Image.Image, draw: Any) -> None:
        noise_default(image, draw)

    image = opened(FILTER_FUNCTION=filter_default, NOISE_FUNCTION=both, CAPTCHA_FOREGROUND_COLOR="#ff0000")
    assert (255, 0, 0) in colours(image)


@pytest.mark.parametrize(
    "settings",
    [
        {"CAPTCHA_STYLE": "pretty"},
        {"CAPTCHA_FONT_PATH": "/no/such/font.ttf"},
        {"CAPTCHA_FOREGROUND_COLOR": "no colour"},
        {"CAPTCHA_IMAGE_SIZE": (0, 40)},
        {"CAPTCHA_STYLE": "pillow"},
    ],
)
def test_settings_that_cannot_be_drawn_are_named(settings: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured):
        opened(**settings)


def test_pillow_is_not_loaded_for_the_defaults() -> None:
    program = """
import sys
from django.conf import settings
settings.configure(INSTALLED_APPS=["rest_framework", "cattlegrid.rest_captcha"])
import django
django.setup()
from cattlegrid.rest_captcha.captcha import generate_image
generate_image("WORD")
assert not {name for name in sys.modules if name == "PIL" or name.startswith("PIL.")}
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_pillow_a_site_with_functions_of_its_own_is_told_so() -> None:
    program = """
import sys
sys.modules["PIL"] = None
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["rest_framework", "cattlegrid.rest_captcha"],
    REST_CAPTCHA={"NOISE_FUNCTION": lambda image, draw: None},
)
import django
django.setup()
from django.core.exceptions import ImproperlyConfigured
from cattlegrid.rest_captcha.captcha import generate_image
try:
    generate_image("WORD")
except ImproperlyConfigured as error:
    assert "Pillow" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", program], check=True)
