"""django-simple-captcha's view function, without the web server, the URL resolver or the issuing of the key."""

import itertools

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "captcha"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()

from captcha.models import CaptchaStore
from captcha.views import captcha_image
from django.core.management import call_command
from django.test import RequestFactory
from race import race

KEYS = 500

call_command("migrate", verbosity=0)
keys = itertools.cycle([CaptchaStore.generate_key() for _ in range(KEYS)])
request = RequestFactory().get("/captcha/image/")

race(lambda: captcha_image(request, next(keys)).content)
