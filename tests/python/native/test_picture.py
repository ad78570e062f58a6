"""Pictures by themselves."""

from __future__ import annotations

import io
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cattlegrid import ConfigurationError, Style, animate, draw, frames

SEED = bytes(range(16))
PLAIN = Style("classic", noise=(), smoothing=False)


def opened(file: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(file))
    image.load()
    return image


def opacity(image: Image.Image) -> list[int]:
    return list(image.convert("RGBA").getchannel("A").tobytes())


def colours(image: Image.Image) -> set[Any]:
    counted = image.convert("RGB").getcolors(image.width * image.height)
    assert counted is not None
    return {colour for _, colour in counted}


def test_the_same_arguments_give_the_same_bytes_on_every_thread() -> None:
    style = Style()
    texts = [secrets.token_hex(3) for _ in range(50)]
    here = [draw(text, style, SEED) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda text: draw(text, style, SEED), texts)) == here


def test_another_seed_gives_another_picture() -> None:
    style = Style()
    assert len({draw("AKRX", style, secrets.token_bytes(16)) for _ in range(50)}) == 50


def test_scale_2_has_twice_the_pixels_each_way() -> None:
    small, large = (opened(draw("AKRX", PLAIN, SEED, scale=scale)) for scale in (1, 2))
    assert large.size == (2 * small.width, 2 * small.height)


def test_a_size_is_kept_however_long_the_text_is() -> None:
    for size in [(16, 16), (90, 40), (1000, 400)]:
        for text in ["A", "W" * 64]:
            assert opened(draw(text, Style(size=size), SEED)).size == size


def test_letters_take_their_colours_in_turn() -> None:
    inks = [f"#{n * 37 % 200:02x}{n * 91 % 200:02x}{n * 53 % 200:02x}" for n in range(64)]
    seen = colours(opened(draw("H" * 64, PLAIN, SEED, scale=2, letter_colours=inks)))
    assert {tuple(bytes.fromhex(ink[1:])) for ink in inks} <= seen
    red = colours(opened(draw("HHHH", PLAIN, SEED, scale=2, letter_colours=["#f00"])))
    assert (255, 0, 0) in red
    assert all(green == blue for _, green, blue in red)
    assert draw("HH", PLAIN, SEED, letter_colours=[]) == draw("HH", PLAIN, SEED)
    assert draw("HH", PLAIN, SEED, letter_colours=["#123456"] * 10**5)


def test_frames_have_a_letter_each() -> None:
    whole = opened(draw("AKRX", PLAIN, SEED))
    parts = [opened(file).convert("L") for file in frames("AKRX", PLAIN, SEED)]
    assert [part.size for part in parts] == [whole.size] * 4
    lefts = []
    for part in parts:
        box = part.point(lambda grey: 255 if grey < 128 else 0).getbbox()
        assert box is not None
        lefts.append(box[0])
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("background", ["#ffffff", "transparent"])
def test_an_animation_repeats_the_frames_for_ever(background: str) -> None:
    style = Style("classic", background=background)
    file = animate("AKRX", style, SEED, frame_ms=250)
    shown = Image.open(io.BytesIO(file))
    assert (shown.format, shown.n_frames, shown.info["loop"]) == ("GIF", 4, 0)  # type: ignore[attr-defined]
    for number, still in enumerate(frames("AKRX", style, SEED)):
        shown.seek(number)
        assert shown.info["duration"] == 250
        there = opened(still)
        assert shown.size == there.size
        if background == "transparent":
            assert [alpha > 0 for alpha in opacity(shown)] == [alpha > 127 for alpha in opacity(there)]
        else:
            assert shown.convert("RGB").tobytes() == there.convert("RGB").tobytes()


@settings(max_examples=300)
@given(text=st.text(min_size=1, max_size=64), scale=st.sampled_from([1, 2]))
def test_any_text_can_be_drawn(text: str, scale: Any) -> None:
    assert draw(text, PLAIN, SEED, scale=scale).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "text", ["   ", "\0\n\t", "\ud800", "שלום", "مرحبا", "字字", "e\u0301" * 32, "\U0001f600"]
)
@pytest.mark.parametrize("style", [Style(), Style("classic", size=(16, 16)), Style(font_size=120)])
def test_text_of_any_kind_can_be_drawn_and_animated(text: str, style: Style) -> None:
    assert draw(text, style, SEED).startswith(b"\x89PNG")
    assert animate(text, style, SEED).startswith(b"GIF89a")
    assert frames(text, style, SEED)


@pytest.mark.parametrize("function", [draw, frames, animate])
@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": "x" * 65},
        {"text": "x" * 10**7},
        {"text": 5},
        {"seed": b""},
        {"seed": bytes(17)},
        {"seed": "0123456789abcdef"},
        {"scale": 0},
        {"scale": 3},
        {"scale": "1"},
        {"letter_colours": ["red"]},
        {"letter_colours": [5]},
    ],
)
def test_what_an_argument_may_not_be_is_refused(
    function: Callable[..., object], wrong: dict[str, Any]
) -> None:
    arguments = {"text": "secret text", "style": PLAIN, "seed": SEED, **wrong}
    with pytest.raises(ConfigurationError) as raised:
        function(**arguments)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("frame_ms", [19, 10_001, -1, "500"])
def test_a_frame_stays_neither_too_short_nor_too_long(frame_ms: Any) -> None:
    with pytest.raises(ConfigurationError, match="frame_ms"):
        animate("AKRX", PLAIN, SEED, frame_ms=frame_ms)
