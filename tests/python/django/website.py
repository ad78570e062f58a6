"""A small site with every kind of view, as the tests and gunicorn run it.

The environment's `WEBSITE` is JSON: `captcha` is what Django's settings have as `CATTLEGRID`.
"""

from __future__ import annotations

import json
import os
from typing import Any

import django
from django.conf import settings

CONFIG = json.loads(os.environ.get("WEBSITE", "{}"))

settings.configure(
    ALLOWED_HOSTS=["*"],
    AUTH_PASSWORD_VALIDATORS=[],
    CATTLEGRID=CONFIG.get("captcha"),
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.staticfiles",
        "rest_framework",
        "cattlegrid.django",
    ],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": []},
    ROOT_URLCONF=__name__,
    SECRET_KEY="a secret of the tests",
    STATIC_URL="/static/",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USE_TZ=True,
)
django.setup()

from django import forms  # noqa: E402
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views import View  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.generics import CreateAPIView, ListCreateAPIView  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from cattlegrid.django import CaptchaField, CaptchaFormMixin, require_captcha  # noqa: E402
from cattlegrid.drf import CaptchaRequired, CaptchaSerializerMixin  # noqa: E402

RAN: list[str] = []
"""The views that ran, in order, each with its request's method."""


def ran(name: str, request: Any) -> dict[str, Any]:
    """Notes that a view runs, and what it says of the check."""
    RAN.append(f"{name} {request.method}")
    found = getattr(request, "captcha", None)
    return {"ran": name, "captcha": found and {"hostname": found.hostname, "decided": found.decided}}


@require_captcha
def plain(request: HttpRequest) -> JsonResponse:
    """A function."""
    return JsonResponse(ran("plain", request))


@require_captcha(action="sign-up")
def acting(request: HttpRequest) -> JsonResponse:
    """A function with an action."""
    return JsonResponse(ran("acting", request))


@require_captcha
async def awaited(request: HttpRequest) -> JsonResponse:
    """A coroutine function."""
    return JsonResponse(ran("awaited", request))


@require_captcha
class Classed(View):
    """A class."""

    def answer(self, request: HttpRequest) -> JsonResponse:
        """Whatever the method is."""
        return JsonResponse(ran("classed", request))

    get = head = post = put = patch = delete = answer


@require_captcha
class ClassedAwaited(View):
    """A class of coroutine functions."""

    async def answer(self, request: HttpRequest) -> JsonResponse:
        """Whatever the method is."""
        return JsonResponse(ran("classed_awaited", request))

    get = head = post = put = patch = delete = answer


class Contact(CaptchaFormMixin, forms.Form):
    """A form that says nothing of the CAPTCHA."""

    email = forms.EmailField()


class SignUp(CaptchaFormMixin, BaseUserCreationForm):
    """A form of a model, which asks the database whether the name is taken."""

    captcha = CaptchaField(action="sign-up")

    class Meta:
        """Of Django's own users."""

        model = User
        fields = ("username",)


class LogIn(CaptchaFormMixin, AuthenticationForm):
    """A form that takes the request by itself."""


class Bare(forms.Form):
    """A form with the field alone."""

    email = forms.EmailField()
    captcha = CaptchaField()


def contact(request: HttpRequest) -> JsonResponse:
    """A view with a form."""
    form = Contact(request.POST, request=request)
    if not form.is_valid():
        return JsonResponse(form.errors.get_json_data(), status=422)
    return JsonResponse(ran("contact", request))


async def contact_awaited(request: HttpRequest) -> JsonResponse:
    """A coroutine function with a form."""
    form = Contact(request.POST, request=request)
    if not await form.ais_valid():
        return JsonResponse(form.errors.get_json_data(), status=422)
    return JsonResponse(ran("contact_awaited", request))


class Permitted(APIView):
    """An API view with the permission."""

    permission_classes = (CaptchaRequired,)

    def answer(self, request: Request) -> Response:
        """Whatever the method is."""
        return Response(ran("permitted", request))

    get = post = put = patch = delete = answer


class Message(CaptchaSerializerMixin, serializers.Serializer):
    """What an API takes."""

    text = serializers.CharField(max_length=100)

    def create(self, validated_data: dict[str, Any]) -> dict[str, Any]:
        """Keeps nothing."""
        return validated_data


class Messages(CreateAPIView):
    """An API view with the serializer."""

    serializer_class = Message

    def perform_create(self, serializer: Any) -> None:
        """Notes what would be kept."""
        RAN.append(f"messages {dict(serializer.validated_data)}")
        serializer.save()


class Account(CaptchaSerializerMixin, serializers.ModelSerializer):
    """What an API takes of a model."""

    class Meta:
        """Of Django's own users."""

        model = User
        fields = ("username",)


class Accounts(ListCreateAPIView):
    """Lists and makes accounts."""

    serializer_class = Account
    queryset = User.objects.order_by("pk")


urlpatterns = [
    path("plain", plain),
    path("acting", acting),
    path("awaited", awaited),
    path("classed", Classed.as_view()),
    path("classed-awaited", ClassedAwaited.as_view()),
    path("contact", contact),
    path("contact-awaited", contact_awaited),
    path("permitted", Permitted.as_view()),
    path("messages", Messages.as_view()),
    path("accounts", Accounts.as_view()),
    path("captcha/", include("cattlegrid.django.urls")),
]

application = get_wsgi_application()
asgi_application = get_asgi_application()
