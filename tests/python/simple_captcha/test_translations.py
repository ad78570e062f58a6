"""Nineteen languages, each whole, and each as it was compiled."""

from __future__ import annotations

import gettext
import subprocess
from pathlib import Path

import pytest
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


def catalogue(path: Path) -> dict[str, str]:
    """Each message and its translation."""
    with path.open("rb") as file:
        messages = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {message: text for message, text in messages.items() if message}


def test_all_languages_are_there() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_language_is_whole_and_compiled(locale: str, tmp_path: Path) -> None:
    folder = FOLDER / locale / "LC_MESSAGES"
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", compiled, folder / "django.po"], check=True)
    messages = catalogue(folder / "django.mo")
    assert messages == catalogue(compiled)
    assert set(messages) == MESSAGES
    assert all(messages.values())


@pytest.mark.parametrize("locale", LOCALES)
def test_a_forms_error_is_translated(locale: str) -> None:
    with translation.override(translation.to_language(locale)):
        said = str(CaptchaField().error_messages["invalid"])
    assert said == catalogue(FOLDER / locale / "LC_MESSAGES" / "django.mo")["Invalid CAPTCHA"]
