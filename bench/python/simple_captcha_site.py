"""A site with django-simple-captcha, or with what replaces it: the same races for both."""

import itertools
import re
from importlib import import_module

import django
from django.conf import settings
from race import race

KEYS = 500


def view(package):
    """The view function, without the web server, the URL resolver or the issuing of the key."""
    _set_up(package)
    from django.test import RequestFactory

    store = import_module(f"{package}.models").CaptchaStore
    captcha_image = import_module(f"{package}.views").captcha_image
    keys = itertools.cycle([store.generate_key() for _ in range(KEYS)])
    request = RequestFactory().get("/captcha/image/")

    race(lambda: captcha_image(request, next(keys)).content)


def form(package):
    """A page with a form, and one answer to it that passes; no picture is drawn."""
    _set_up(package)
    from django import forms

    store = import_module(f"{package}.models").CaptchaStore
    form_class = type("SignUp", (forms.Form,), {"captcha": import_module(f"{package}.fields").CaptchaField()})

    def pass_once():
        page = str(form_class())
        key = re.search(r'name="captcha_0" value="(\w+)"', page)[1]
        answer = store.objects.get(hashkey=key).response
        if not form_class({"captcha_0": key, "captcha_1": answer}).is_valid():
            raise RuntimeError("a right answer has not passed")
        return page.encode()

    race(pass_once)


def _set_up(package):
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.contenttypes", package],
        ROOT_URLCONF=f"{package}.urls",
        SECRET_KEY="of the race",
        STATIC_URL="static/",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
