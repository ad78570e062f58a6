"""Nineteen languages, each whole, and each as it was compiled."""

from __future__ import annotations

from pathlib import Path

import pytest
from catalogues import catalogue, compiled
from django.utils import translation

import cattlegrid.simple_captcha as app
from cattlegrid.simple_captcha.fields import CaptchaField

FOLDER = Path(app.__file__).with_name("locale")
LOCALES = [
    "bg",
    "cs",
    "de",
    "en",
    "es",
    "fa",
    "fr",
    "it",
    "ja",
    "nl",
    "pl",
    "pt_BR",
    "ru",
    "sk",
    "sv",
    "tr",
    "uk",
    "zh_CN",
    "zh_Hans",
]
MESSAGES = {
    "Invalid CAPTCHA",
    "New picture",
    "Play CAPTCHA as audio file",
    "The picture could not be changed. Please try again.",
    "The picture has changed.",
}


def test_all_languages_are_there() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_language_is_whole_and_compiled(locale: str, tmp_path: Path) -> None:
    folder = FOLDER / locale / "LC_MESSAGES"
    messages = catalogue(folder / "django.mo")
    assert messages == compiled(folder / "django.po", tmp_path)
    assert set(messages) == MESSAGES
    assert all(messages.values())


@pytest.mark.parametrize("locale", LOCALES)
def test_a_forms_error_is_translated(locale: str) -> None:
    with translation.override(translation.to_language(locale)):
        said = str(CaptchaField().error_messages["invalid"])
    assert said == catalogue(FOLDER / locale / "LC_MESSAGES" / "django.mo")["Invalid CAPTCHA"]
