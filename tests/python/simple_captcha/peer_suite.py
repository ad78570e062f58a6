"""Runs the published tests of django-simple-captcha 0.7.0 against `cattlegrid.simple_captcha`.

    python tests/python/simple_captcha/peer_suite.py --settings default|drf|jinja2

They are fetched, and only the module's name in them is changed. The site is as theirs, down to a setting
that still names a helper of `captcha`. CAPTCHA_FLITE_PATH and CAPTCHA_SOX_PATH in the environment make it
speak, as they do there; where they are not set, whatever flite and sox the machine has. Exits with 0 if all
have passed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import django
from django.conf import settings

sys.path.append(str(Path(__file__).parents[1] / "shared"))

from published import Runner, fetch

PACKAGE = "django-simple-captcha==0.7.0"
MODULE = "cattlegrid.simple_captcha"
TESTS = 38
TESTS_OF_DRF = 5

OF_THE_SITE: dict[str, dict[str, Any]] = {
    "default": {},
    "drf": {},
    "jinja2": {"FORM_RENDERER": "django.forms.renderers.Jinja2"},
}


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", choices=OF_THE_SITE, default="default")
    name = parser.parse_args().settings
    with tempfile.TemporaryDirectory() as folder:
        fetch(PACKAGE, Path(folder))
        configure(name)
        load(Path(folder))
        runner = Runner(tests=TESTS, skipped=0 if name == "drf" else TESTS_OF_DRF)
        failures = runner.run_tests([f"{MODULE}.tests.tests"])
    return 1 if failures else 0


def load(folder: Path) -> None:
    """Makes the package's tests and fonts, and nothing else of it, part of the app under its new name."""
    source, target = folder / "captcha", folder / "tests"
    for part in ("tests", "fonts"):
        shutil.copytree(source / part, target / part)
    modules = "conf|fields|helpers|models|serializers|tests|urls"
    for file in target.glob("tests/*.py"):
        text = re.sub(rf"(?<![\w.])captcha(?=\.(?:{modules})\b)", MODULE, file.read_text())
        text = re.sub(r"\bimport captcha$", f"import {MODULE} as captcha", text, flags=re.MULTILINE)
        file.write_text(text)
    importlib.import_module(MODULE).__path__.append(str(target))


def configure(site: str) -> None:
    """The site that the package's authors test with."""
    applications = ["auth", "admin", "contenttypes", "sessions", "sites", "messages"]
    processors = [
        "template.context_processors.request",
        "contrib.auth.context_processors.auth",
        "contrib.messages.context_processors.messages",
    ]
    extra = ["rest_framework"] if site == "drf" else []
    settings.configure(
        CAPTCHA_BACKGROUND_COLOR="transparent",
        CAPTCHA_FLITE_PATH=os.environ.get("CAPTCHA_FLITE_PATH", shutil.which("flite")),
        CAPTCHA_LETTER_COLOR_FUNCT="captcha.helpers.random_letter_color_challenge",
        CAPTCHA_SOX_PATH=os.environ.get("CAPTCHA_SOX_PATH", shutil.which("sox")),
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEBUG=True,
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in applications), "django.forms", MODULE, *extra],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        ROOT_URLCONF=f"{MODULE}.urls",
        SECRET_KEY="a secret of the tests",
        SITE_ID=1,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": [f"django.{name}" for name in processors]},
            }
        ],
        USE_TZ=True,
        **{"FORM_RENDERER": "django.forms.renderers.TemplatesSetting", **OF_THE_SITE[site]},
    )
    django.setup()


if __name__ == "__main__":
    sys.exit(main())
