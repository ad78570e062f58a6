"""Translations, as they are written and as they are shipped."""

from __future__ import annotations

import gettext
import subprocess
from pathlib import Path


def catalogue(path: Path) -> dict[str, str]:
    """Each message of a compiled file, and its translation."""
    with path.open("rb") as file:
        messages = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {message: text for message, text in messages.items() if message}


def compiled(source: Path, folder: Path) -> dict[str, str]:
    """What the catalogue of a `.po` file is once it is compiled, into the folder."""
    target = folder / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", target, source], check=True)
    return catalogue(target)
