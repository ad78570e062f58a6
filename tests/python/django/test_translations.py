"""The languages of the widget, each whole, and each as it was compiled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import website
from catalogues import catalogue, compiled
from django.utils import translation

import cattlegrid
import cattlegrid.django as app
from cattlegrid._site import letter_words
from cattlegrid._site.refusal import FORM_MESSAGES, LIMITED, MESSAGES

FOLDER = Path(app.__file__).with_name("locale")
LOCALES = ["ar", "de", "es", "fr", "ja", "zh_Hans"]


def test_the_languages_are_those_of_the_widget() -> None:
    source = (Path(cattlegrid.__file__).parent / "widget" / "widget" / "locales.js").read_text()
    spoken = set(re.findall(r"^  '?([a-zA-Z-]+)'?: \{$", source, re.MULTILINE)) - {"en"}
    assert {translation.to_locale(tag) for tag in spoken} == set(LOCALES)
    assert sorted(path.name for path in FOLDER.iterdir()) == LOCALES


@pytest.mark.parametrize("locale", LOCALES)
def test_a_language_is_whole_and_compiled(locale: str, tmp_path: Path) -> None:
    folder = FOLDER / locale / "LC_MESSAGES"
    messages = catalogue(folder / "django.mo")
    assert messages == compiled(folder / "django.po", tmp_path)
    letters = {
        *letter_words.LETTER.values(),
        *letter_words.QUESTION.values(),
        *letter_words.MESSAGES.values(),
    }
    layers = {*FORM_MESSAGES.values(), LIMITED}
    own = "The response token of the CAPTCHA."
    assert set(messages) == {*MESSAGES.values(), *letters, *layers, own}
    assert all(messages.values())


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("locale", LOCALES)
def test_a_form_s_error_is_translated(locale: str) -> None:
    with translation.override(translation.to_language(locale)):
        (said,) = website.Contact({}).errors["captcha"]
    assert said == catalogue(FOLDER / locale / "LC_MESSAGES" / "django.mo")[MESSAGES[400]]
