"""Serves pictures of every kind where Pillow cannot be imported, and prints `drawn` if all of them came."""

import sys

sys.modules["PIL"] = None  # type: ignore[assignment]

import django  # noqa: E402
from django.conf import settings  # noqa: E402

HELPERS = "captcha.helpers."

settings.configure(
    ALLOWED_HOSTS=["*"],
    CAPTCHA_LETTER_COLOR_FUNCT=HELPERS + "random_letter_color_challenge",
    CAPTCHA_NOISE_FUNCTIONS=[HELPERS + "noise_arcs", HELPERS + "noise_dots", HELPERS + "noise_null"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "cattlegrid.simple_captcha"],
    ROOT_URLCONF="cattlegrid.simple_captcha.urls",
    SECRET_KEY="a secret of the tests",
)
django.setup()

from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client, override_settings  # noqa: E402

from cattlegrid.simple_captcha.models import CaptchaStore  # noqa: E402

call_command("migrate", verbosity=0)
key = CaptchaStore.generate_key()
for style in ("classic", "hard"):
    for background in ("transparent", "hsl(10, 10%, 90%)", (1, 2, 3)):
        for animated in (False, True):
            for path in (f"/image/{key}/", f"/image/{key}@2/"):
                with override_settings(
                    CAPTCHA_ANIMATED=animated, CAPTCHA_BACKGROUND_COLOR=background, CAPTCHA_STYLE=style
                ):
                    response = Client().get(path)
                assert response.status_code == 200
                assert response["Content-Type"] == ("image/gif" if animated else "image/png")
                assert response.content.startswith(b"GIF8" if animated else b"\x89PNG")
try:
    with override_settings(CAPTCHA_FILTER_FUNCTIONS=[lambda image: image]):
        Client().get(f"/image/{key}/")
except ImproperlyConfigured as error:
    if "pip install Pillow" in str(error):
        print("drawn")
