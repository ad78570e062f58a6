"""A site with django-rest-captcha, on Redis: `gunicorn django_rest_captcha_site:application`."""

import os

from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": os.environ["REDIS_URL"],
        }
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "rest_captcha"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="of the benchmark",
)

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.urls import include, path
from rest_captcha.serializers import RestCaptchaSerializer
from rest_framework.response import Response
from rest_framework.views import APIView

from rest_captcha import utils

# Why: nobody is there to read the pictures, which are as much work with one word as with another.
utils.random_char_challenge = lambda _length: "PASS"


class Verify(APIView):
    """What a site does with a form: the serializer decides."""

    def post(self, request):
        """Answer 200 to whoever read the picture, 400 to others."""
        serializer = RestCaptchaSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"success": True})


urlpatterns = [
    path("captcha/", include("rest_captcha.urls")),
    path("verify/", Verify.as_view()),
]
