"""A site with django-rest-captcha, or with what replaces it: the same race for both."""

from importlib import import_module

import django
from django.conf import settings
from race import race


def post(package):
    """A challenge, picture included, and one answer to it that passes, on the local-memory cache."""
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", package],
        # Why: only one of the two has a throttle.
        REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"rest_captcha": None}},
        SECRET_KEY="of the race",
    )
    django.setup()
    from django.core.cache import cache
    from rest_framework.test import APIRequestFactory

    view = import_module(f"{package}.views").RestCaptchaView.as_view()
    serializer = import_module(f"{package}.serializers").RestCaptchaSerializer
    get_cache_key = import_module(f"{package}.utils").get_cache_key
    requests = APIRequestFactory()

    def pass_once():
        response = view(requests.post("/")).render()
        key = response.data["captcha_key"]
        data = {"captcha_key": key, "captcha_value": cache.get(get_cache_key(key))}
        if not serializer(data=data).is_valid():
            raise RuntimeError("a right answer has not passed")
        return response.content

    race(pass_once)
