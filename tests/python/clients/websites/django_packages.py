"""A site with django-rest-captcha and django-simple-captcha as they are published.

    gunicorn django_packages:application

Both are where they can be imported from, and `SITE_DATABASE` names an SQLite file. Beside their own addresses
there are those of the checks, which do what a back end in Django does, and `/answer/KEY`, which says what is
right.
"""

from __future__ import annotations

import os
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from PIL import ImageFont

# Why: django-rest-captcha calls this method, which Pillow 10 removed.
if not hasattr(ImageFont.FreeTypeFont, "getsize"):
    ImageFont.FreeTypeFont.getsize = lambda font, text: font.getbbox(text)[2:]  # type: ignore[attr-defined]

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SITE_DATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "rest_framework",
        "rest_captcha",
        "captcha",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="a secret of the tests",
    USE_TZ=True,
)
django.setup()
call_command("migrate", verbosity=0)

from captcha.fields import CaptchaField  # noqa: E402
from captcha.models import CaptchaStore  # noqa: E402
from django.core.cache import cache  # noqa: E402
from rest_captcha.serializers import RestCaptchaSerializer  # noqa: E402
from rest_captcha.utils import get_cache_key  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class Verify(APIView):
    """What an endpoint of a site that uses the serializer does."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        """200 for a right answer."""
        RestCaptchaSerializer(data=request.data).is_valid(raise_exception=True)
        return Response({"success": True})


def verify(request: HttpRequest) -> JsonResponse:
    """What a form with the field does."""
    given = [request.POST.get("captcha_0"), request.POST.get("captcha_1")]
    try:
        CaptchaField().clean(given)
    except ValidationError:
        return JsonResponse({"success": False})
    return JsonResponse({"success": True})


def answer(request: HttpRequest, key: str) -> HttpResponse:  # noqa: ARG001
    """What is right."""
    of_rest: Any = cache.get(get_cache_key(key))
    return HttpResponse(of_rest or CaptchaStore.objects.get(hashkey=key).response)


urlpatterns = [
    path("api/captcha/verify", Verify.as_view()),
    path("api/captcha/", include("rest_captcha.urls")),
    path("captcha/verify", verify),
    path("captcha/", include("captcha.urls")),
    path("answer/<key>", answer),
]

application = get_wsgi_application()
