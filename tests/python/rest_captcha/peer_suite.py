"""Runs the published tests of django-rest-captcha 0.3.0 against `cattlegrid.rest_captcha`.

    python tests/python/rest_captcha/peer_suite.py

They are fetched, and only the module's name in them is changed. One of them compares a picture byte for byte,
so they run on a site that lets Pillow draw, with the font of the package. Exits with 0 if all have passed.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import tempfile
from pathlib import Path

import django
from django.conf import settings

sys.path.append(str(Path(__file__).parents[1] / "shared"))

from published import Runner, fetch

PACKAGE = "django-rest-captcha==0.3.0"
MODULE = "cattlegrid.rest_captcha"
TESTS = 11


def main() -> int:
    """The exit status."""
    with tempfile.TemporaryDirectory() as folder:
        fetch(PACKAGE, Path(folder))
        package = Path(folder, "rest_captcha")
        configure(package / "fonts" / "Vera.ttf")
        load(package)
        failures = Runner(tests=TESTS).run_tests([f"{MODULE}.tests"])
    return 1 if failures else 0


def configure(font: Path) -> None:
    """A site with nothing but the drop-in."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", MODULE],
        REST_CAPTCHA={"CAPTCHA_STYLE": "pillow", "CAPTCHA_FONT_PATH": str(font)},
        ROOT_URLCONF=f"{MODULE}.urls",
        SECRET_KEY="a secret of the tests",
    )
    django.setup()


def load(package: Path) -> None:
    """Makes the tests the module `tests` of the drop-in, from where they are."""
    file = package / "tests.py"
    file.write_text(re.sub(r"\brest_captcha(?=\.\w+ import)", MODULE, file.read_text()))
    spec = importlib.util.spec_from_file_location(f"{MODULE}.tests", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    sys.modules[MODULE].tests = module  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
