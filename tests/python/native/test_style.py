"""What a style may be, and what it says when it may not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cattlegrid import CattlegridError, ConfigurationError, Style, draw

SEED = bytes(16)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("preset", "easy"),
        ("preset", 5),
        ("fonts", [b"no font"]),
        ("fonts", b"no list"),
        ("fonts", [b""] * 17),
        ("size", (0, 70)),
        ("size", (-1, 70)),
        ("size", (10**30, 70)),
        ("size", 5),
        ("font_size", 7.9),
        ("font_size", float("nan")),
        ("font_size", "large"),
        ("rotation", (20, -20)),
        ("rotation", (0, 181)),
        ("foreground", "red"),
        ("foreground", "#12345"),
        ("foreground", "transparent"),
        ("background", "\ud800"),
        ("background", "#" * 10**6),
        ("noise", True),
        ("noise", "spots"),
        ("noise", ["rain"]),
    ],
)
def test_what_it_may_not_be_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Style(**{name: value})
    message = str(raised.value)
    assert name.rstrip("s") in message
    assert len(message) < 200


def test_a_least_size_has_the_bounds_of_a_size() -> None:
    with pytest.raises(ConfigurationError, match="a height of 16 to 400"):
        Style(at_least=(200, 401))


def test_an_exact_size_and_a_least_one_exclude_each_other() -> None:
    with pytest.raises(ConfigurationError, match="at_least"):
        Style(size=(100, 50), at_least=(100, 50))


def test_a_mistake_is_caught_as_what_it_is() -> None:
    with pytest.raises(ValueError, match="preset") as raised:
        Style("easy")  # type: ignore[arg-type]
    assert isinstance(raised.value, CattlegridError)


def test_letters_that_nobody_can_see_are_the_sites_own_affair() -> None:
    assert draw("AKRX", Style(foreground="#fff", background="#fff"), SEED)


def test_it_says_what_its_fonts_lack() -> None:
    style = Style()
    assert style.missing("Straße 12 \u2212\u00d7=") is None
    assert style.missing("ab字c字") == "字"


colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(
    preset=st.sampled_from(["classic", "hard"]),
    size=st.none() | st.tuples(st.integers(16, 1000), st.integers(16, 400)),
    font_size=st.none() | st.floats(8, 120),
    rotation=st.none() | st.tuples(st.floats(-180, 180), st.floats(-180, 180)).map(sorted).map(tuple),
    foreground=st.none() | colours,
    background=st.none() | colours | st.just("transparent"),
    noise=st.lists(st.sampled_from(["strokes", "spots"])),
    smoothing=st.none() | st.booleans(),
    text=st.text(min_size=1, max_size=8),
)
def test_what_it_may_be_draws(text: str, **options: Any) -> None:
    assert draw(text, Style(**options), SEED).startswith(b"\x89PNG")
